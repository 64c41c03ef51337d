using System.Collections.Concurrent;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Syncing;

/// <summary>Where syncs stand by both stores: their schedules, their zones and their last runs. Safe for any number of threads.</summary>
internal sealed partial class SyncStandings(SyncDirectory syncs, IChangeStore store, IRegistry registry, ILogger logger)
{
    /// <summary>So many are worth a turn of their own on a processor that has nothing else to do.</summary>
    private const int ReadTogether = 250;

    /// <returns>Each that was asked for: with null where it is gone, and with no syncs where none is scheduled.</returns>
    public async Task<IEnumerable<(ConnectionId Id, Connection? Connection, (SyncStanding Standing, SyncRun? Last)[] Syncs)>> ReadAsync(ConnectionId[] connections, CancellationToken cancellationToken)
    {
        var read = new ConcurrentBag<List<(ConnectionId, Connection?, (SyncStanding, SyncRun?)[])>>();
        await Parallel.ForEachAsync(connections.Chunk(ReadTogether), cancellationToken, async (some, token) => read.Add(await ReadSomeAsync(some, token)));
        return read.SelectMany(static some => some);
    }

    private async Task<List<(ConnectionId, Connection?, (SyncStanding, SyncRun?)[])>> ReadSomeAsync(ConnectionId[] connections, CancellationToken cancellationToken)
    {
        var standing = new List<(ConnectionId Id, Connection? Connection, SyncStanding[] Syncs)>(connections.Length);
        foreach (var id in connections)
        {
            var connection = await registry.FindAsync(Connection.Collection, id.Value, cancellationToken);
            standing.Add((id, connection, connection is not null && SyncStanding.IsScheduled(connection) ? await StandAsync(connection, cancellationToken) : []));
        }

        var last = await store.FindLastWholeRunsAsync([.. standing.SelectMany(static one => one.Syncs).Select(static sync => sync.Key)], cancellationToken);
        var read = new List<(ConnectionId, Connection?, (SyncStanding, SyncRun?)[])>(connections.Length);
        foreach (var (id, connection, stood) in standing)
        {
            await ReadFailingAsync(connection, stood, last, cancellationToken);
            read.Add((id, connection, [.. stood.Select(sync => (sync, last.GetValueOrDefault(sync.Key)))]));
        }

        return read;
    }

    private async Task<SyncStanding[]> StandAsync(Connection connection, CancellationToken cancellationToken)
    {
        var locations = await registry.ListAsync(MappedLocation.Collection, MappedLocation.PrefixOf(connection.Id), cancellationToken);
        return [.. (await syncs.ListAsync(connection, cancellationToken)).Select(sync => Stand(connection, sync, syncs.ZonesOf(connection, sync, locations)))];
    }

    private SyncStanding Stand(Connection connection, Sync sync, IReadOnlyList<TimeZoneInfo> zones)
    {
        if (!CronSchedule.TryParse(sync.Schedule, out var schedule, out var problem))
        {
            Log.BadSchedule(logger, sync.Key, problem);
        }

        return new SyncStanding(connection, sync, zones)
        {
            Schedule = schedule,
            Problem = !sync.Enabled ? "It is disabled." : zones.Count == 0 ? "No location of the connection is known yet." : problem,
        };
    }

    private async Task ReadFailingAsync(Connection? connection, SyncStanding[] standings, IReadOnlyDictionary<SyncKey, SyncRun> last, CancellationToken cancellationToken)
    {
        foreach (var standing in standings.Where(standing => last.GetValueOrDefault(standing.Key)?.Outcome is SyncOutcome.NeedsAttention or SyncOutcome.Suspect))
        {
            var fetched = await store.FindLastFetchAsync(standing.Key.Connection, standing.Key.Stream, cancellationToken);
            standing.Setback = standing.Setback with { Since = fetched?.StartedAt ?? connection?.CreatedAt };
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2020, Level = LogLevel.Warning, Message = "Sync {Sync} is not scheduled. {Problem}")]
        public static partial void BadSchedule(ILogger logger, SyncKey sync, string problem);
    }
}
