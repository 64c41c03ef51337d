namespace Sous.Plugins.Host.Backup;

/// <summary>A copy that is adopted.</summary>
/// <param name="Verifying">How many connections are still to be verified.</param>
internal sealed record AdoptionEnd(DateTimeOffset BackupAt, DateTimeOffset AdoptedAt, int Verifying);
