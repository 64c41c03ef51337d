using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Syncing.Checkpoints;

/// <summary>
/// Checkpoints by hand. Fetching again from an earlier position changes no record, since they are known by their ids and hashes;
/// and what a run that is still under way would commit is refused from then on.
/// </summary>
internal sealed class SyncCheckpoints(IChangeStore store, SyncDirectory syncs, IRegistry registry, TimeProvider clock)
{
    /// <returns>Those of the scopes that have one, by location.</returns>
    public async ValueTask<CheckpointList> ListAsync(SyncKey sync, CancellationToken cancellationToken)
    {
        var all = await store.ListCheckpointsAsync(sync, cancellationToken);
        return new CheckpointList(
            [
                .. all.OrderBy(static stored => stored.Location, StringComparer.Ordinal).Select(stored => new CheckpointView(
                    sync.Stream, stored.Location, stored.Position.Value, SealOf(sync, stored.Location, stored.Position.Value), stored.Fence, stored.StoredAt)),
            ],
            VersionOf(all));
    }

    /// <returns>Whether the sync has such a scope.</returns>
    public async ValueTask<bool> HasAsync(Connection connection, SyncKey sync, string? location, CancellationToken cancellationToken)
        => syncs.FindStream(connection, sync.Stream)?.Scope == StreamScope.Location
            ? location is not null && await registry.FindAsync(MappedLocation.Collection, MappedLocation.KeyOf(connection.Id, location), cancellationToken) is not null
            : location is null;

    /// <returns>Whether the scope had that position once, in this life of the store.</returns>
    public bool IsKnown(SyncKey sync, CheckpointView told) => told.Seal == SealOf(sync, told.Location, told.Position);

    /// <exception cref="StaleVersionException">They are at another version.</exception>
    public Task PutAsync(Connection connection, SyncKey sync, IfMatch match, IEnumerable<CheckpointView> told, Caller caller, CancellationToken cancellationToken)
        => ChangeAsync("checkpoint.set", connection, sync, match, [.. told.Select(static item => (item.Location, (Checkpoint?)new Checkpoint(item.Position)))], caller, cancellationToken);

    /// <summary>The next run begins from nothing.</summary>
    /// <exception cref="StaleVersionException">They are at another version.</exception>
    public Task ResetAsync(Connection connection, SyncKey sync, IfMatch match, IEnumerable<string?> locations, Caller caller, CancellationToken cancellationToken)
        => ChangeAsync("checkpoint.reset", connection, sync, match, [.. locations.Select(static location => (location, (Checkpoint?)null))], caller, cancellationToken);

    private async Task ChangeAsync(
        string action, Connection connection, SyncKey sync, IfMatch match, IReadOnlyCollection<(string? Location, Checkpoint? To)> changes, Caller caller, CancellationToken cancellationToken)
    {
        void Check(IReadOnlyList<StoredCheckpoint> all) => match.Require(VersionOf(all));

        // Also before the trail tells of it: only who loses by the blink of an eye stands there too.
        Check(await store.ListCheckpointsAsync(sync, cancellationToken));
        var places = string.Join(", ", changes.Select(static change => change.Location).OfType<string>());
        var audit = AuditEntry.Make(clock.GetUtcNow(), caller.KeyId, action, connection.Tenant, $"{sync}", places.Length == 0 ? null : places);
        await registry.AppendAsync(audit, cancellationToken);
        await store.ChangeCheckpointsAsync(sync, changes, Check, clock.GetUtcNow(), cancellationToken);
    }

    /// <summary>Another one for each other position.</summary>
    private static string VersionOf(IEnumerable<StoredCheckpoint> all)
        => VersionTag.Of(string.Join('\n', all.OrderBy(static stored => stored.Location, StringComparer.Ordinal).Select(static stored => $"{stored.Location}\t{stored.Position.Value}")));

    private string SealOf(SyncKey sync, string? location, string position) => CheckpointSeal.Of(store.Feed, new Scope(sync.Connection, sync.Stream, location), position);
}
