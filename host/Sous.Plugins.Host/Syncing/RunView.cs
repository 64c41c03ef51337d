using System.Globalization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing;

/// <summary>A run as the API answers it.</summary>
internal sealed record RunView
{
    public required string Id { get; init; }

    public required ConnectionId Connection { get; init; }

    public required StreamName Stream { get; init; }

    public required string Trigger { get; init; }

    public DateOnly? From { get; init; }

    public DateOnly? To { get; init; }

    public required SyncOutcome Outcome { get; init; }

    public string? Reason { get; init; }

    /// <summary>What it did, in words: a run that changed nothing says so. Absent while it is under way.</summary>
    public string? Summary { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public required int Pages { get; init; }

    public required long Inserted { get; init; }

    public required long Updated { get; init; }

    public required long Unchanged { get; init; }

    public required long Deleted { get; init; }

    public required long Held { get; init; }

    /// <summary>When it last stored something; only while it is under way.</summary>
    public DateTimeOffset? LastProgressAt { get; init; }

    /// <summary>Records stored or found unchanged, by the time from its start to there.</summary>
    public double? RecordsPerSecond { get; init; }

    /// <summary>How many windows the business days asked for are cut into, over all locations; absent with a run since the checkpoint.</summary>
    public int? Windows { get; init; }

    public int? WindowsDone { get; init; }

    /// <summary>What the windows that are left take at the pace of those that are done; absent before the first, and where nobody can know.</summary>
    public double? SecondsLeft { get; init; }

    /// <summary>How far it has come in each scope; only while it is under way.</summary>
    public IReadOnlyList<ScopeProgress>? Scopes { get; init; }

    public static RunView Of(ActiveRun active)
    {
        var (view, progress) = (Of(active.Run), active.Progress);
        if (view.Outcome != SyncOutcome.Running || progress.LastAt is not { } at)
        {
            return view with { Scopes = progress.Scopes };
        }

        var taken = (at - view.StartedAt).TotalSeconds;
        var (windows, done, own) = (progress.Windows, progress.WindowsDone, progress.WindowsDone - progress.WindowsBefore);
        return view with
        {
            LastProgressAt = at,
            RecordsPerSecond = taken > 0 ? (view.Inserted + view.Updated + view.Unchanged + view.Deleted) / taken : null,
            Windows = windows > 0 ? windows : null,
            WindowsDone = windows > 0 ? done : null,
            SecondsLeft = own > 0 ? taken / own * (windows - done) : null,
            Scopes = progress.Scopes,
        };
    }

    public static RunView Of(SyncRun run) => new()
    {
        Id = run.Id,
        Connection = run.Connection,
        Stream = run.Stream,
        Trigger = run.Trigger,
        From = run.From,
        To = run.To,
        Outcome = run.Outcome,
        Reason = run.Reason,
        Summary = run.Outcome == SyncOutcome.Running ? null : Summarize(run),
        StartedAt = run.StartedAt,
        EndedAt = run.EndedAt,
        Pages = run.Pages,
        Inserted = run.Inserted,
        Updated = run.Updated,
        Unchanged = run.Unchanged,
        Deleted = run.Deleted,
        Held = run.Held,
    };

    private static string Summarize(SyncRun run) => run.Inserted + run.Updated + run.Deleted == 0
        ? "Nothing changed."
        : string.Create(CultureInfo.InvariantCulture, $"{run.Inserted:N0} new, {run.Updated:N0} changed, {run.Deleted:N0} deleted.");
}
