namespace Sous.Plugins.Host.Audit;

/// <summary>Where the trail is not as it was written.</summary>
/// <param name="Sequence">The first entry that is not.</param>
/// <param name="Reason">In a sentence.</param>
internal sealed record AuditFault(long Sequence, string Reason);
