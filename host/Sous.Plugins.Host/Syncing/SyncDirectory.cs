using System.Collections.Concurrent;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Syncing;

/// <summary>The syncs of a connection: what the driver's manifest says, and what was changed of it.</summary>
internal sealed class SyncDirectory(IRegistry registry, DriverAccess drivers)
{
    private static readonly ConcurrentDictionary<string, TimeZoneInfo[]> s_alone = new(StringComparer.Ordinal);

    /// <returns>One for each stream that the driver offers, in the manifest's order; empty where no such driver is loaded.</returns>
    public async ValueTask<IReadOnlyList<Sync>> ListAsync(Connection connection, CancellationToken cancellationToken)
    {
        var syncs = new List<Sync>();
        foreach (var stream in drivers.FindManifest(connection.Driver)?.Streams ?? [])
        {
            syncs.Add(await FindAsync(connection.Id, stream, cancellationToken));
        }

        return syncs;
    }

    /// <returns>Null where the driver does not offer the stream.</returns>
    public async ValueTask<Sync?> FindAsync(Connection connection, StreamName name, CancellationToken cancellationToken)
        => FindStream(connection, name) is { } stream ? await FindAsync(connection.Id, stream, cancellationToken) : null;

    public StreamManifest? FindStream(Connection connection, StreamName name)
        => drivers.FindManifest(connection.Driver)?.Streams.FirstOrDefault(offered => offered.Name == name.Value);

    /// <summary>What a sync is where nobody changed it.</summary>
    public static Sync OfManifest(ConnectionId connection, StreamManifest stream)
        => new() { Connection = connection, Stream = new StreamName(stream.Name), Schedule = stream.Schedule, Enabled = true };

    /// <param name="judge">Gets what is stored in its place, or null; what it throws stores nothing. Null where whatever is stored gives way.</param>
    /// <param name="audit">Stored with it.</param>
    public Task SaveAsync(Sync sync, Action<Sync?>? judge, AuditEntry audit, CancellationToken cancellationToken) => registry.WriteAsync(
        transaction =>
        {
            judge?.Invoke(transaction.Find(Sync.Collection, Sync.KeyOf(sync.Key)));
            transaction.Put(Sync.Collection, sync);
            transaction.Append(audit);
        },
        cancellationToken);

    /// <summary>Forgets what was changed of the syncs of a connection that is gone.</summary>
    public Task ForgetAsync(ConnectionId connection, CancellationToken cancellationToken) => registry.WriteAsync(
        transaction =>
        {
            foreach (var sync in transaction.List(Sync.Collection, $"{connection}/"))
            {
                transaction.Delete(Sync.Collection, Sync.KeyOf(sync.Key));
            }
        },
        cancellationToken);

    /// <summary>The zones that the sync's schedule is read in: the one named, or those of the connection's open locations.</summary>
    /// <param name="locations">The connection's.</param>
    /// <returns>Empty where the stream is scoped by location and none is known yet.</returns>
    public IReadOnlyList<TimeZoneInfo> ZonesOf(Connection connection, Sync sync, IReadOnlyList<MappedLocation> locations)
    {
        var isByLocation = FindStream(connection, sync.Stream)?.Scope == StreamScope.Location;
        if (isByLocation && locations.Count == 0)
        {
            return [];
        }

        if (sync.TimeZone is not null)
        {
            return Alone(ZoneOf(sync.TimeZone));
        }

        var zones = locations.Where(static location => location.Location.Active).Select(static location => ZoneOf(location.Location.TimeZone)).DistinctBy(static zone => zone.Id).ToArray();
        // A stream of the whole connection has one time of day, not one for each zone.
        return zones.Length > 1 && isByLocation ? zones : Alone(zones.Length == 0 ? TimeZoneInfo.Utc : zones[0]);
    }

    private async ValueTask<Sync> FindAsync(ConnectionId connection, StreamManifest stream, CancellationToken cancellationToken)
    {
        var key = new SyncKey(connection, new StreamName(stream.Name));
        return await registry.FindAsync(Sync.Collection, Sync.KeyOf(key), cancellationToken)
            ?? OfManifest(connection, stream);
    }

    // Most syncs have one zone, and there are few zones: a list for each of them is enough.
    private static TimeZoneInfo[] Alone(TimeZoneInfo zone) => s_alone.GetOrAdd(zone.Id, static (_, alone) => [alone], zone);

    // A zone that this machine does not know must not keep a location from being synced.
    private static TimeZoneInfo ZoneOf(string id) => TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) ? zone : TimeZoneInfo.Utc;
}
