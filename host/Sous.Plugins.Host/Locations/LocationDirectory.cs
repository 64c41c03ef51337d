using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Locations;

/// <summary>
/// The locations that services told of, and what they are mapped to. A mapping touches both stores: it is first an intent in
/// the registry, then carried out in the change store, then no longer pending; what a killed host left pending is carried out at the next start.
/// </summary>
internal sealed class LocationDirectory(IRegistry registry, IChangeStore store, DriverAccess drivers, TimeProvider clock)
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(2);

    // Mappings of one connection take turns, so that the last one asked for is the last one carried out.
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, 64).Select(static _ => new SemaphoreSlim(1))];

    public ValueTask<IReadOnlyList<MappedLocation>> ListAsync(ConnectionId connection, CancellationToken cancellationToken)
        => registry.ListAsync(MappedLocation.Collection, MappedLocation.PrefixOf(connection), cancellationToken);

    /// <summary>Whether the service knows locations: the driver scopes a stream by them.</summary>
    public bool CanDiscover(Connection connection)
        => drivers.FindManifest(connection.Driver)?.Streams.Any(static stream => stream.Scope == StreamScope.Location) == true;

    /// <summary>Asks the service and stores what changed. A location that it no longer names counts as closed; none is forgotten.</summary>
    /// <exception cref="DriverException">The service could not be asked; nothing was stored.</exception>
    /// <exception cref="DriverDefectException">The driver threw something else; nothing was stored.</exception>
    public async Task<IReadOnlyList<MappedLocation>> DiscoverAsync(Connection connection, CancellationToken cancellationToken)
    {
        var told = await DriverCall.RunAsync(token => AskAsync(connection, token), s_timeout, clock, cancellationToken);
        // Looked at first without a write: once a day nothing has changed, nearly always.
        var known = await ListAsync(connection.Id, cancellationToken);
        if (Merge(connection, known, told).Any())
        {
            await registry.WriteAsync(transaction => Store(transaction, connection, told), cancellationToken);
        }

        return await ListAsync(connection.Id, cancellationToken);
    }

    /// <summary>Maps a location to the platform's own id: what was held of it is released, what stood under an earlier id moves.</summary>
    /// <param name="actor">Who maps it, for the audit.</param>
    /// <param name="ownId">Null to unmap.</param>
    /// <param name="businessDayStart">Null leaves it as it is.</param>
    /// <returns>The location, or null where there is none of that id.</returns>
    public async Task<MappedLocation?> MapAsync(
        ConnectionId connection, string actor, string externalId, string? ownId, TimeSpan? businessDayStart, CancellationToken cancellationToken)
    {
        var turn = _turns[(uint)connection.GetHashCode() % _turns.Length];
        await turn.WaitAsync(cancellationToken);
        try
        {
            var now = clock.GetUtcNow();
            var location = await registry.WriteAsync(
                transaction =>
                {
                    if (transaction.Find(MappedLocation.Collection, MappedLocation.KeyOf(connection, externalId)) is not { } current)
                    {
                        return null;
                    }

                    var next = current with
                    {
                        OwnId = ownId,
                        MappingPending = current.MappingPending || current.OwnId != ownId,
                        BusinessDayStart = businessDayStart ?? current.BusinessDayStart,
                    };
                    if (next != current)
                    {
                        transaction.Put(MappedLocation.Collection, next);
                        transaction.Put(AuditEntry.Collection, AuditEntry.Make(now, actor, ownId is null ? "location.unmapped" : "location.mapped", current.Tenant, externalId, ownId));
                    }

                    return next;
                },
                cancellationToken);
            return location is { MappingPending: true } ? await CarryOutAsync(location, cancellationToken) : location;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Carries out the mappings that a killed host left pending.</summary>
    public async Task ReplayAsync(CancellationToken cancellationToken)
    {
        foreach (var location in await registry.ListAsync(MappedLocation.Collection, "", cancellationToken))
        {
            if (location.MappingPending)
            {
                await MapAsync(location.Connection, AuditEntry.Host, location.Location.Ref.Id, location.OwnId, null, cancellationToken);
            }
        }
    }

    /// <summary>Forgets the locations of a connection that is gone.</summary>
    public Task ForgetAsync(ConnectionId connection, CancellationToken cancellationToken) => registry.WriteAsync(
        transaction =>
        {
            foreach (var location in transaction.List(MappedLocation.Collection, MappedLocation.PrefixOf(connection)))
            {
                transaction.Delete(MappedLocation.Collection, MappedLocation.KeyOf(connection, location.Location.Ref.Id));
            }
        },
        cancellationToken);

    private async ValueTask<IReadOnlyList<Location>> AskAsync(Connection connection, CancellationToken cancellationToken)
    {
        await using var session = await drivers.OpenAsync(connection, cancellationToken);
        return session.Driver is ILocationDirectory directory
            ? await directory.DiscoverLocationsAsync(cancellationToken)
            : throw new DriverException(FailureKind.Defect, "The driver's manifest scopes a stream by location, and the driver cannot list locations.");
    }

    private async Task<MappedLocation> CarryOutAsync(MappedLocation location, CancellationToken cancellationToken)
    {
        var id = location.Location.Ref.Id;
        await store.ApplyMappingAsync(location.Tenant, location.Connection, id, location.OwnId, clock.GetUtcNow(), cancellationToken);
        return await registry.WriteAsync(
            transaction =>
            {
                var current = transaction.Find(MappedLocation.Collection, MappedLocation.KeyOf(location.Connection, id)) ?? location;
                var done = current with { MappingPending = false };
                transaction.Put(MappedLocation.Collection, done);
                return done;
            },
            cancellationToken);
    }

    private void Store(IRegistryTransaction transaction, Connection connection, IReadOnlyList<Location> told)
    {
        var known = transaction.List(MappedLocation.Collection, MappedLocation.PrefixOf(connection.Id));
        foreach (var location in Merge(connection, known, told))
        {
            transaction.Put(MappedLocation.Collection, location);
        }
    }

    /// <returns>The locations that are new or have changed.</returns>
    private IEnumerable<MappedLocation> Merge(Connection connection, IReadOnlyList<MappedLocation> known, IReadOnlyList<Location> told)
    {
        var now = clock.GetUtcNow();
        var before = known.ToDictionary(static location => location.Location.Ref.Id, StringComparer.Ordinal);
        foreach (var location in told)
        {
            var old = before.GetValueOrDefault(location.Ref.Id);
            before.Remove(location.Ref.Id);
            var next = (old ?? new MappedLocation { Connection = connection.Id, Tenant = connection.Tenant, Location = location, DiscoveredAt = now }) with
            {
                Location = location,
                ClosedAt = location.Active ? null : old?.ClosedAt ?? now,
            };
            if (next != old)
            {
                yield return next;
            }
        }

        foreach (var gone in before.Values.Where(static location => location.Location.Active))
        {
            yield return gone with { Location = gone.Location with { Active = false }, ClosedAt = now };
        }
    }
}
