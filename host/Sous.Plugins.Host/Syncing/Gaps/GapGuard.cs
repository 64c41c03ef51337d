using System.Globalization;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Days.Closings;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Syncing.Gaps;

/// <summary>
/// Looks once at each business day that has settled: where a location sold nothing on a day that should have been busy, the
/// run says so, and later runs ask the service for that day again until it has said the same on another day.
/// </summary>
internal sealed partial class GapGuard(IGaps gaps, IClosings closings, ScopeSync scopes, TimeProvider clock, ILogger<GapGuard> logger)
{
    /// <summary>Tills that were offline and listings that are late are given this long after the day's end.</summary>
    private static readonly TimeSpan s_settling = TimeSpan.FromHours(6);

    private static readonly TimeSpan s_again = TimeSpan.FromHours(4);

    /// <summary>In the night the service has little to do.</summary>
    private static readonly TimeSpan s_night = TimeSpan.FromHours(3);

    /// <summary>Services list sales by their last change: those of a day may stand under a later one.</summary>
    private const int DaysOfChanges = 14;

    /// <summary>After a scope's sales were fetched up to the present.</summary>
    /// <returns>Suspect where this run is the first to see a gap.</returns>
    /// <exception cref="StaleFenceException">A later run has begun.</exception>
    public async Task<RunEnd> CheckAsync(IDriver driver, StreamManifest stream, ScopeWork work, ActiveRun active, CancellationToken cancellationToken)
    {
        if (work is not { Bounded: false, Location: { Active: true } location, Scope.Stream.Value: "sales" } || !TimeZoneInfo.TryFindSystemTimeZoneById(location.TimeZone, out var zone))
        {
            return RunEnd.Completed;
        }

        var days = new LocalDays(zone, location.BusinessDayStart ?? TimeSpan.Zero);
        var (lookedAt, open) = await gaps.ReadAsync(work.Scope, cancellationToken);
        var due = open.Where(gap => gap.DueAt <= clock.GetUtcNow()).ToList();
        foreach (var gap in due)
        {
            await AskAgainAsync(driver, stream, work, active, gap, days, cancellationToken);
        }

        var settled = days.Of(clock.GetUtcNow() - s_settling).AddDays(-1);
        var isLookedAt = lookedAt >= settled;
        if (!isLookedAt)
        {
            await LookAsync(stream, work, active, lookedAt, settled, cancellationToken);
        }

        if (!isLookedAt || due.Count > 0)
        {
            (_, open) = await gaps.ReadAsync(work.Scope, cancellationToken);
        }

        return await TellAsync(work, active, open, settled, cancellationToken);
    }

    private async Task LookAsync(StreamManifest stream, ScopeWork work, ActiveRun active, DateOnly? lookedAt, DateOnly settled, CancellationToken cancellationToken)
    {
        var first = lookedAt?.AddDays(1) ?? settled.AddDays(-stream.BackfillDays);
        var from = lookedAt is null ? first : first.AddDays(-GapFinder.Context);
        var counts = await gaps.CountAsync(work.Scope, from, settled, cancellationToken);
        var found = GapFinder.Find(from, counts);
        // A stretch that goes on was told of when it began.
        var fresh = found.FindAll(gap => gap.First >= first);
        if (fresh.Count > 0)
        {
            fresh = await WithoutTiedAsync(work, fresh, cancellationToken);
        }

        var now = clock.GetUtcNow();
        var (_, open) = await gaps.ReadAsync(work.Scope, cancellationToken);
        var noted = open.SelectMany(gap => found.Where(longer => longer.First == gap.First && longer.Last > gap.Last).Select(longer => gap with { Last = longer.Last }))
            .Concat(fresh.Select(gap => new Gap(0, gap.First, gap.Last, active.Run.Id, now, now + s_again)));
        await gaps.NoteAsync(work.Tenant, work.Scope, active.Run.Fence, settled, [.. noted], cancellationToken);
    }

    /// <summary>What this run found, and what one found that was cut off after it, or ended for another cause: nobody was told of that.</summary>
    private async Task<RunEnd> TellAsync(ScopeWork work, ActiveRun active, IReadOnlyList<Gap> open, DateOnly settled, CancellationToken cancellationToken)
    {
        var untold = open.Where(static gap => !gap.IsTold).ToList();
        if (untold.Count == 0)
        {
            return RunEnd.Completed;
        }

        await gaps.NoteAsync(work.Tenant, work.Scope, active.Run.Fence, settled, [.. untold.Where(gap => gap.Run != active.Run.Id).Select(gap => gap with { Run = active.Run.Id })], cancellationToken);
        Log.Found(logger, work.Scope, untold.Count);
        return new RunEnd(SyncOutcome.Suspect, ReasonOf([.. untold.Select(static gap => (gap.First, gap.Last))], active.Run.Id), Trouble.Suspect);
    }

    private async Task AskAgainAsync(IDriver driver, StreamManifest stream, ScopeWork work, ActiveRun active, Gap gap, LocalDays days, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var today = days.Of(now);
        var until = gap.Last.AddDays(DaysOfChanges) < today ? gap.Last.AddDays(DaysOfChanges) : today;
        await scopes.RunAsync(driver, stream, work with { Bounded = true, Ranges = RunPlanner.RangesOf(gap.First, until, days.Zone, days.Start, stream) }, active, cancellationToken);
        var counts = await gaps.CountAsync(work.Scope, gap.First, gap.Last, cancellationToken);
        if (counts.Any(static found => found > 0) || today > days.Of(gap.FoundAt))
        {
            var sales = counts.Sum();
            Log.Settled(logger, work.Scope, gap.First, gap.Last, sales);
            await gaps.ForgetAsync(work.Tenant, work.Scope, active.Run.Fence, gap.No, cancellationToken);
            return;
        }

        await gaps.NoteAsync(work.Tenant, work.Scope, active.Run.Fence, gap.First, [gap with { DueAt = days.BeginOf(today.AddDays(1)) + s_night }], cancellationToken);
    }

    /// <summary>Days whose totals the service has told by another path, and they were ours: nothing was sold.</summary>
    private async Task<List<(DateOnly First, DateOnly Last)>> WithoutTiedAsync(ScopeWork work, List<(DateOnly First, DateOnly Last)> found, CancellationToken cancellationToken)
    {
        var tied = (await closings.ListAsync(work.Tenant, found[0].First, found[^1].Last, cancellationToken))
            .Where(closing => closing.Key.Connection == work.Scope.Connection && closing.Key.Location == work.Scope.Location && closing.State.TieOut is { Ties: true })
            .Select(static closing => closing.Key.Day)
            .ToHashSet();
        return found.FindAll(gap => Enumerable.Range(0, gap.Last.DayNumber - gap.First.DayNumber + 1).Any(day => !tied.Contains(gap.First.AddDays(day))));
    }

    private static string ReasonOf(List<(DateOnly First, DateOnly Last)> gaps, string run)
    {
        var days = string.Join(", ", gaps.Select(static gap => gap.First == gap.Last ? $"on {TextOf(gap.First)}" : $"from {TextOf(gap.First)} to {TextOf(gap.Last)}"));
        return $"The service tells of no sale at all {days}, and of many on the same weekdays around. It is asked again; what stays empty counts as closed, at once if run {run} is approved.";
    }

    private static string TextOf(DateOnly day) => day.ToString("O", CultureInfo.InvariantCulture);

    /// <summary>A location's business days.</summary>
    private readonly record struct LocalDays(TimeZoneInfo Zone, TimeSpan Start)
    {
        public DateOnly Of(DateTimeOffset instant) => BusinessDay.Of(instant, Zone, Start);

        public DateTimeOffset BeginOf(DateOnly day) => BusinessDay.RangeOf(day, Zone, Start).From;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2061, Level = LogLevel.Information, Message = "{Scope} has {Gaps} stretches of days without a sale between busy ones: the service is asked for them again.")]
        public static partial void Found(ILogger logger, Scope scope, int gaps);

        [LoggerMessage(EventId = 2062, Level = LogLevel.Information, Message = "{Scope} from {First} to {Last}: asked again, the service told of {Sales} sales.")]
        public static partial void Settled(ILogger logger, Scope scope, DateOnly first, DateOnly last, int sales);
    }
}
