namespace Sous.Plugins.Host.Audit;

/// <summary>What a walk through the trail found.</summary>
/// <param name="Entries">How many it has.</param>
/// <param name="Head">The hash of its last: noted elsewhere, it proves later that all up to here still stand.</param>
/// <param name="Fault">The first that is wrong, or null.</param>
internal sealed record AuditVerdict(long Entries, string Head, AuditFault? Fault);
