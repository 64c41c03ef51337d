using System.Runtime.CompilerServices;
using Npgsql;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>
/// The change store of several hosts, each with one of these on the same database. Safe for any number of threads. What a host could
/// remember another may change, so it remembers nothing but the epoch of the feeds, which changes while no host runs.
/// </summary>
/// <param name="database">Stays open when the store is closed.</param>
/// <param name="outbox">In the same database.</param>
internal sealed class PostgresChangeStore(PostgresDatabase database, IOutbox outbox, TimeProvider clock) : IChangeStore
{
    private readonly HeadWatch _heads = new(database, clock);
    private readonly RawGate _gate = new();
    private FeedEpoch? _epoch;

    public string Feed => Epoch.Name;

    private FeedEpoch Epoch => _epoch ?? throw new InvalidOperationException("The change store is not open yet.");

    /// <summary>Before anything else is asked of it, and once the tables are there.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken) => _epoch = await database.WriteAsync(FeedTable.ReadEpochAsync, cancellationToken);

    public Task<SyncRun> BeginRunAsync(SyncRun run, CancellationToken cancellationToken) =>
        database.WriteAtOnceAsync(connection => RunTable.BeginAsync(connection, run), cancellationToken);

    public Task EndRunAsync(SyncRun run, IReadOnlyList<ScopeFetch> fetches, CancellationToken cancellationToken) => database.WriteAtOnceAsync(
        async connection =>
        {
            await using var batch = new NpgsqlBatch(connection).AddFetches(run, fetches).AddEnd(run);
            return await batch.ExecuteNonQueryAsync(CancellationToken.None);
        },
        cancellationToken);

    public async ValueTask<IReadOnlyList<ScopeFetch>> ListFetchesAsync(ConnectionId connection, StreamName stream, CancellationToken cancellationToken) =>
        await database.ReadAsync(reader => FetchTable.ListAsync(reader, connection, stream, cancellationToken), cancellationToken);

    /// <summary>Nothing more is committed in a run that another host carried out, whatever that host still does.</summary>
    /// <returns>The run with what was stored in it.</returns>
    public Task<SyncRun?> CutOffAsync(SyncRun run, CancellationToken cancellationToken) => database.WriteAsync(
        async connection =>
        {
            await connection.FindAsync<long>(FenceTable.Draw, cancellationToken, run.Connection.Value, run.Stream.Value);
            return await RunReader.FindAsync(connection, run.Id, cancellationToken);
        },
        cancellationToken);

    public async ValueTask<SyncRun?> FindRunAsync(string id, CancellationToken cancellationToken) =>
        await database.ReadAsync(reader => RunReader.FindAsync(reader, id, cancellationToken), cancellationToken);

    public async ValueTask<IReadOnlyList<SyncRun>> ListRunsAsync(ConnectionId connection, StreamName? stream, int limit, CancellationToken cancellationToken) =>
        await database.ReadAsync(reader => RunReader.ListAsync(reader, connection, stream, null, limit, cancellationToken), cancellationToken);

    public async ValueTask<IReadOnlyList<SyncRun>> ListRunsAsync(ConnectionId connection, StreamName? stream, string after, int limit, CancellationToken cancellationToken) =>
        await database.ReadAsync(reader => RunReader.ListAsync(reader, connection, stream, after, limit, cancellationToken), cancellationToken);

    public async ValueTask<IReadOnlyDictionary<SyncKey, SyncRun>> FindLastWholeRunsAsync(IReadOnlyCollection<SyncKey> syncs, CancellationToken cancellationToken) =>
        await database.ReadAsync(reader => RunReader.FindLastWholeAsync(reader, syncs, cancellationToken), cancellationToken);

    public async ValueTask<SyncRun?> FindLastFetchAsync(ConnectionId connection, StreamName stream, CancellationToken cancellationToken) =>
        await database.ReadAsync(reader => RunReader.FindLastFetchAsync(reader, new SyncKey(connection, stream), cancellationToken), cancellationToken);

    public async ValueTask<IReadOnlyList<SyncRun>> ListOpenRunsAsync(CancellationToken cancellationToken) =>
        await database.ReadAsync(reader => RunReader.ListOpenAsync(reader, cancellationToken), cancellationToken);

    public async Task PruneRunsAsync(DateTimeOffset before, DateTimeOffset idleBefore, CancellationToken cancellationToken)
    {
        foreach (var connection in await database.ReadAsync(reader => ConnectionTable.ListAsync(reader, cancellationToken), cancellationToken))
        {
            var past = await database.ReadAsync(reader => RunReader.ListPastAsync(reader, connection, before, idleBefore, cancellationToken), cancellationToken);
            foreach (var batch in past.Chunk(RunTable.DroppedAtOnce))
            {
                await database.WriteAsync(writer => RunTable.DropAsync(writer, batch), cancellationToken);
            }
        }
    }

    public Task<CommitResult> CommitAsync(PageCommit page, CancellationToken cancellationToken) =>
        _gate.PassAsync(gate => database.WriteAsync(connection => PageWriter.CommitAsync(connection, page, gate), cancellationToken));

    public async ValueTask<Checkpoint?> ReadCheckpointAsync(Scope scope, CancellationToken cancellationToken) =>
        await database.ReadAsync(reader => CheckpointTable.ReadAsync(reader, scope, cancellationToken), cancellationToken);

    public async ValueTask<IReadOnlyList<StoredCheckpoint>> ListCheckpointsAsync(SyncKey sync, CancellationToken cancellationToken) =>
        await database.ReadAsync(reader => CheckpointTable.ListAsync(reader, sync, cancellationToken), cancellationToken);

    public Task ChangeCheckpointsAsync(
        SyncKey sync, IReadOnlyCollection<(string? Location, Checkpoint? To)> changes, Action<IReadOnlyList<StoredCheckpoint>> check, DateTimeOffset at, CancellationToken cancellationToken) =>
        database.WriteAsync(connection => CheckpointTable.ChangeAsync(connection, sync, changes, check, at), cancellationToken);

    public async ValueTask<FeedPage> ReadChangesAsync(FeedQuery query, CancellationToken cancellationToken) =>
        await database.ReadSnapshotAsync(reader => FeedReader.ReadAsync(reader, Epoch, query, cancellationToken), cancellationToken);

    public async Task CompactAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        foreach (var tenant in await database.ReadAsync(reader => FeedTable.ListTenantsAsync(reader, cancellationToken), cancellationToken))
        {
            while (await database.WriteAsync(connection => Compactor.CompactSomeAsync(connection, tenant, before.ToUnixTimeMilliseconds()), cancellationToken))
            {
            }
        }
    }

    public async ValueTask<long> SumHeadsAsync(CancellationToken cancellationToken) => await database.ReadAsync(reader => FeedTable.SumAsync(reader, cancellationToken), cancellationToken);

    public Task<long> WaitForChangesAsync(TenantId tenant, long after, CancellationToken cancellationToken) => _heads.WaitAsync(Epoch, tenant, after, cancellationToken);

    public async Task ApplyMappingAsync(TenantId tenant, ConnectionId connection, string externalLocation, string? ownId, DateTimeOffset at, CancellationToken cancellationToken)
    {
        MappingWriter.Cursor? cursor = null;
        do
        {
            var from = cursor;
            cursor = await _gate.PassAsync(gate => database.WriteAsync(
                writer => MappingWriter.MoveSomeAsync(writer, tenant, connection, externalLocation, ownId ?? "", at, from, gate), cancellationToken));
        }
        while (cursor is not null);
    }

    public async ValueTask<IReadOnlyDictionary<string, long>> CountHeldAsync(ConnectionId connection, CancellationToken cancellationToken) => (await database.ReadAsync(
        reader => reader.ListAsync("SELECT place, count(*) FROM held WHERE connection = $1 GROUP BY place", static row => (Place: row.GetString(0), Count: row.GetInt64(1)), cancellationToken, connection.Value),
        cancellationToken)).ToDictionary(static held => held.Place, static held => held.Count, StringComparer.Ordinal);

    // One snapshot, so that a page committed meanwhile is in all of it or in none.
    public IAsyncEnumerable<FeedEntry> ReadSalesAsync(SalesQuery query, CancellationToken cancellationToken) =>
        database.StreamSnapshotAsync(connection => SalesReader.ReadAsync(connection, Epoch, query, cancellationToken), cancellationToken);

    public async Task DeleteConnectionAsync(TenantId tenant, ConnectionId connection, DateTimeOffset at, CancellationToken cancellationToken)
    {
        foreach (var stream in (StreamName[])[StreamName.Sales, StreamName.Catalog, StreamName.Files])
        {
            await outbox.CancelAsync(Lanes.Of(connection, stream), "The records that it tells of were deleted with their connection.", at, cancellationToken);
        }

        while (await database.WriteAsync(writer => Eraser.EraseSomeAsync(writer, tenant, connection, at), cancellationToken))
        {
        }
    }

    public async Task DeleteTenantAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        await outbox.ForgetAsync(tenant, cancellationToken);
        while (await database.WriteAsync(writer => Eraser.EraseSomeAsync(writer, tenant), cancellationToken))
        {
        }
    }

    public async ValueTask<long> CountRawsAsync(CancellationToken cancellationToken) => await database.ReadAsync(reader => RawTable.CountAsync(reader, cancellationToken), cancellationToken);

    public async Task RewriteRawsAsync(RawRewrite rewrite, Action<int> advanced, CancellationToken cancellationToken)
    {
        await _gate.OpenAsync(rewrite);
        await RawTable.RewriteHeldAsync(database, rewrite, advanced, cancellationToken);
        await RawTable.RewriteLiveAsync(database, rewrite, advanced, cancellationToken);
    }

    public ValueTask DisposeAsync() => _heads.DisposeAsync();
}
