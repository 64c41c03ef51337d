using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Http.Versions;
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
internal sealed class LocationDirectory(IRegistry registry, EventLog events, IChangeStore store, DriverAccess drivers, TimeProvider clock)
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(2);

    // Mappings of one connection take turns, so that the last one asked for is the last one carried out.
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, 64).Select(static _ => new SemaphoreSlim(1))];

    /// <summary>Told of each mapping once the change feed has what it released and moved. Quick, and does not throw.</summary>
    public event Action<TenantId>? Mapped;

    public ValueTask<IReadOnlyList<MappedLocation>> ListAsync(ConnectionId connection, CancellationToken cancellationToken)
        => registry.ListAsync(MappedLocation.Collection, MappedLocation.PrefixOf(connection), cancellationToken);

    public ValueTask<MappedLocation?> FindAsync(ConnectionId connection, string externalId, CancellationToken cancellationToken)
        => registry.FindAsync(MappedLocation.Collection, MappedLocation.KeyOf(connection, externalId), cancellationToken);

    /// <summary>Whether the service knows locations: the driver scopes a stream by them.</summary>
    public bool CanDiscover(Connection connection)
        => drivers.FindManifest(connection.Driver)?.Streams.Any(static stream => stream.Scope == StreamScope.Location) == true;

    /// <summary>Whether the driver may be asked at all.</summary>
    public bool IsQuarantined(Connection connection) => drivers.FindQuarantine(connection.Driver) is not null;

    /// <summary>Asks the service, stores what changed, and tells the platform of it. A location that it no longer names counts as closed; none is forgotten.</summary>
    /// <exception cref="DriverException">The service could not be asked; nothing was stored.</exception>
    /// <exception cref="DriverDefectException">The driver threw something else; nothing was stored.</exception>
    public async Task<IReadOnlyList<MappedLocation>> DiscoverAsync(Connection connection, CancellationToken cancellationToken)
    {
        var told = await DriverCall.RunAsync(token => AskAsync(connection, token), s_timeout, clock, cancellationToken);
        // Looked at first without a write: once a day nothing has changed, nearly always.
        var known = await ListAsync(connection.Id, cancellationToken);
        if (LocationDrift.Compare(connection, known, told, clock.GetUtcNow()).Any())
        {
            await events.WriteAsync(transaction => Store(transaction, connection, told), cancellationToken);
        }

        return await ListAsync(connection.Id, cancellationToken);
    }

    /// <summary>Maps a location to the platform's own id: what was held of it is released, what stood under an earlier id moves.</summary>
    /// <param name="actor">Who maps it, for the audit.</param>
    /// <param name="ownId">Null to unmap.</param>
    /// <param name="businessDayStart">Null leaves it as it is.</param>
    /// <returns>The location, or null where there is none of that id.</returns>
    public Task<MappedLocation?> MapAsync(
        ConnectionId connection, string actor, string externalId, string? ownId, TimeSpan? businessDayStart, CancellationToken cancellationToken)
        => MapAsync(connection, IfMatch.Any, actor, externalId, ownId, businessDayStart, cancellationToken);

    /// <param name="match">The mapping that is to be changed.</param>
    /// <exception cref="StaleVersionException">It is another one by now.</exception>
    public Task<MappedLocation?> MapAsync(
        ConnectionId connection, IfMatch match, string actor, string externalId, string? ownId, TimeSpan? businessDayStart, CancellationToken cancellationToken)
        => InTurnAsync(
            connection,
            async () =>
            {
                var location = await events.WriteAsync(transaction => Map(transaction, connection, match, actor, externalId, ownId, businessDayStart), cancellationToken);
                // Once it stands in the registry it is carried out, whether or not the caller waits for it.
                return location is { MappingPending: true } ? await CarryOutAsync(location, CancellationToken.None) : location;
            },
            cancellationToken);

    /// <summary>Carries out the mappings that a killed host, or a store that failed, left pending.</summary>
    /// <param name="connection">Null for all.</param>
    public async Task ReplayAsync(ConnectionId? connection, CancellationToken cancellationToken)
    {
        var prefix = connection is { } one ? MappedLocation.PrefixOf(one) : "";
        foreach (var location in await registry.ListAsync(MappedLocation.Collection, prefix, cancellationToken))
        {
            if (location.MappingPending)
            {
                await InTurnAsync(location.Connection, () => ResumeAsync(location, cancellationToken), cancellationToken);
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

    private MappedLocation? Map(IRegistryTransaction transaction, ConnectionId connection, IfMatch match, string actor, string externalId, string? ownId, TimeSpan? businessDayStart)
    {
        if (transaction.Find(MappedLocation.Collection, MappedLocation.KeyOf(connection, externalId)) is not { } current)
        {
            return null;
        }

        match.Require(current.Version);
        var next = current with
        {
            OwnId = ownId,
            MappingPending = current.MappingPending || current.OwnId != ownId,
            BusinessDayStart = businessDayStart ?? current.BusinessDayStart,
            // Whoever says what it is mapped to, be it the same again, has looked at what was found.
            Findings = null,
        };
        if (next == current)
        {
            return next;
        }

        var now = clock.GetUtcNow();
        transaction.Put(MappedLocation.Collection, next);
        transaction.Append(AuditEntry.Make(now, actor, ownId is null ? "location.unmapped" : "location.mapped", current.Tenant, externalId, ownId));
        if (ownId is null && current.OwnId is not null && transaction.Find(Connection.Collection, connection.Value) is { } of)
        {
            EventLog.Append(transaction, LocationEvents.Of(of, next, LocationEvents.Unmapped, now, $"'{next.Location.Name}' is not mapped to '{current.OwnId}' any more: its records are held until it is mapped."));
        }

        return next;
    }

    private async Task<T> InTurnAsync<T>(ConnectionId connection, Func<Task<T>> work, CancellationToken cancellationToken)
    {
        var turn = _turns[(uint)connection.GetHashCode() % _turns.Length];
        await turn.WaitAsync(cancellationToken);
        try
        {
            return await work();
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<MappedLocation?> ResumeAsync(MappedLocation location, CancellationToken cancellationToken)
    {
        // It may have been carried out, or mapped otherwise, while its turn was waited for.
        var current = await FindAsync(location.Connection, location.Location.Ref.Id, cancellationToken);
        return current is { MappingPending: true } ? await CarryOutAsync(current, cancellationToken) : current;
    }

    private async ValueTask<IReadOnlyList<Location>> AskAsync(Connection connection, CancellationToken cancellationToken)
    {
        await using var session = await drivers.OpenAsync(connection, CallPriority.Live, cancellationToken);
        return session.Driver is ILocationDirectory directory
            ? await directory.DiscoverLocationsAsync(cancellationToken)
            : throw new DriverException(FailureKind.Defect, "The driver's manifest scopes a stream by location, and the driver cannot list locations.");
    }

    private async Task<MappedLocation> CarryOutAsync(MappedLocation location, CancellationToken cancellationToken)
    {
        var id = location.Location.Ref.Id;
        await store.ApplyMappingAsync(location.Tenant, location.Connection, id, location.OwnId, clock.GetUtcNow(), cancellationToken);
        Mapped?.Invoke(location.Tenant);
        return await registry.WriteAsync(
            transaction =>
            {
                // A connection that has left meanwhile has taken it along.
                if (transaction.Find(MappedLocation.Collection, MappedLocation.KeyOf(location.Connection, id)) is not { } current)
                {
                    return location with { MappingPending = false };
                }

                var done = current with { MappingPending = false };
                transaction.Put(MappedLocation.Collection, done);
                return done;
            },
            cancellationToken);
    }

    private void Store(IRegistryTransaction transaction, Connection connection, IReadOnlyList<Location> told)
    {
        if (transaction.Find(Connection.Collection, connection.Id.Value) is not { IsOver: false })
        {
            // It has left while the service was asked: nothing of it comes back.
            return;
        }

        var known = transaction.List(MappedLocation.Collection, MappedLocation.PrefixOf(connection.Id));
        foreach (var (location, happened) in LocationDrift.Compare(connection, known, told, clock.GetUtcNow()))
        {
            transaction.Put(MappedLocation.Collection, location);
            foreach (var one in happened)
            {
                EventLog.Append(transaction, one);
            }
        }
    }
}
