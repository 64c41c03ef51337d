namespace Sous.Plugins.Proofs.Takeovers;

/// <summary>A run as it stands in the database.</summary>
/// <param name="Stored">Records that it brought or changed.</param>
internal sealed record LedgerRun(
    string Id, string Connection, long Fence, string Outcome, string? Reason, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, long Pages, long Stored);
