using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Syncing.Freshness;

/// <summary>
/// How fresh each scope of a sync is. What is amiss is decided elsewhere and only looked up here: by the connection's condition where that
/// keeps every run from beginning, else by how the last run left the scope.
/// </summary>
internal sealed class FreshnessViews(
    SyncDirectory syncs,
    SyncScheduler scheduler,
    RunQueue queue,
    RunPlanner planner,
    IChangeStore store,
    IRegistry registry,
    ConnectionCondition conditions,
    IOptions<SyncingOptions> options,
    TimeProvider clock)
{
    private static readonly (Trouble, string) s_unmapped = (Trouble.Unmapped, "Nobody said which of the platform's locations it is: its records are held until then.");

    /// <returns>One for each scope that is synced, in the order of the locations' ids.</returns>
    public async ValueTask<IReadOnlyList<ScopeFreshness>> ListAsync(Connection connection, Sync sync, CancellationToken cancellationToken)
    {
        var condition = await conditions(connection, cancellationToken);
        var locations = await registry.ListAsync(MappedLocation.Collection, MappedLocation.PrefixOf(connection.Id), cancellationToken);
        var fetches = (await store.ListFetchesAsync(connection.Id, sync.Stream, cancellationToken)).ToDictionary(static fetch => fetch.Location ?? "");
        var zones = syncs.ZonesOf(connection, sync, locations);
        var of = new Standing(connection, condition, sync, fetches.GetValueOrDefault(""));
        if (syncs.FindStream(connection, sync.Stream)?.Scope != StreamScope.Location)
        {
            return [View(of, null, of.Whole, zones[0])];
        }

        var now = clock.GetUtcNow();
        return
        [
            .. locations.Where(location => planner.IsSynced(location, now)).Select(location => View(
                of, location, fetches.GetValueOrDefault(location.Location.Ref.Id), zones.FirstOrDefault(zone => zone.Id == location.Location.TimeZone) ?? zones[0])),
        ];
    }

    private ScopeFreshness View(Standing of, MappedLocation? location, ScopeFetch? fetch, TimeZoneInfo zone)
    {
        var now = clock.GetUtcNow();
        var known = location?.DiscoveredAt > of.Connection.CreatedAt ? location.DiscoveredAt : of.Connection.CreatedAt;
        var objective = new FreshnessObjective(of.Sync, zone, Jitter.Of(of.Sync.Key, options.Value.MaxJitter), options.Value.FreshMargin);
        var until = objective.StaleAfter(fetch?.Through ?? known);
        var isLate = until <= now;
        var isHeld = !isLate && location is { OwnId: null } && of.Sync.Stream == StreamName.Sales && fetch?.Through is not null;
        var state = isLate || isHeld ? FreshnessState.Stale : fetch?.Through is null ? FreshnessState.Pending : FreshnessState.Fresh;
        var view = new ScopeFreshness(
            location?.Location.Ref.Id,
            location?.Location.Name,
            location?.OwnId,
            state,
            fetch?.Through,
            state == FreshnessState.Stale ? null : until,
            isLate ? until : isHeld ? known : null);
        if (state == FreshnessState.Fresh)
        {
            return view;
        }

        var (trouble, cause) = isHeld ? s_unmapped : Find(of, fetch);
        // Whose grant it is decides who can renew it: the connection knows.
        var actor = trouble == Trouble.NeedsReconnect ? of.Condition.Actor : trouble.WhoMustAct();
        return view with { Trouble = trouble, Cause = cause, Actor = actor, Next = isHeld ? null : NextOf(of) };
    }

    private (Trouble Trouble, string Cause) Find(Standing of, ScopeFetch? fetch)
    {
        var condition = of.Condition;
        return condition.Status switch
        {
            ConnectionStatus.Paused => (Trouble.Paused, "The connection is paused; resume takes it up again."),
            ConnectionStatus.AdoptRequired => (Trouble.Paused, condition.Cause ?? ""),
            not (ConnectionStatus.Ok or ConnectionStatus.Refreshing or ConnectionStatus.NeedsAttention) => (Trouble.NeedsReconnect, condition.Cause ?? "The connection has no grant."),
            _ when !of.Sync.Enabled => (Trouble.Paused, "The sync is disabled."),
            _ when !CronSchedule.TryParse(of.Sync.Schedule, out _, out var problem) => (Trouble.Misconfigured, problem),
            // A grant that was renewed since is no trouble any more, though no run has said so yet.
            _ when (of.Whole?.Trouble is null ? fetch : of.Whole) is { Trouble: { } met } left && (met, condition.Status) is not (Trouble.NeedsReconnect, not ConnectionStatus.NeedsAttention)
                => (met, left.Cause ?? ""),
            _ when condition is { WaitingUntil: not null, Cause: { } asked } => (Trouble.RateLimited, asked),
            _ => (Trouble.Waiting, queue.Find(of.Sync.Key) is { HasBegun: true } ? "It is being fetched." : "It waits for its turn."),
        };
    }

    private NextStep? NextOf(Standing of)
        => !SyncStanding.MayRun(of.Connection) ? of.Condition.Next
            : queue.Find(of.Sync.Key) is { } run ? new NextStep("run", run.Run.StartedAt)
            : scheduler.NextOf(of.Sync.Key) is { } at ? new NextStep("run", at)
            : null;

    /// <summary>What is alike for all scopes of a sync.</summary>
    private sealed record Standing(Connection Connection, ConnectionView Condition, Sync Sync, ScopeFetch? Whole);
}
