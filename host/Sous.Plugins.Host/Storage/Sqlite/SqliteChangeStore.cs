using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>The change store in one SQLite file: one writer that commits in groups, readers beside it. Safe for any number of threads.</summary>
internal sealed class SqliteChangeStore : IChangeStore
{
    private readonly SqliteFile _file;
    private readonly Session _session;
    private readonly Numbers _numbers;
    private readonly GroupCommitter _writer;
    private readonly ReaderPool _readers;
    private readonly RunTable _runs;
    private readonly FetchTable _fetches;
    private readonly CheckpointTable _checkpoints;
    private readonly ListingTable _listings;
    private readonly PageWriter _pages;
    private readonly MappingWriter _mappings;
    private readonly Eraser _eraser;
    private readonly Compactor _compactor;
    private readonly FeedReader _feed;
    private readonly SalesReader _sales;
    private readonly RunReader _runReader;
    private readonly RawGate _gate;
    private readonly RawTable _raws;

    private SqliteChangeStore(SqliteFile file, Session session)
    {
        _file = file;
        _session = session;
        _numbers = new Numbers(session);
        _readers = new ReaderPool(file);
        _runs = new RunTable(session, _numbers);
        _fetches = new FetchTable(session, _numbers, _runs);
        _checkpoints = new CheckpointTable(session, _numbers);
        var table = new RecordTable(session);
        _gate = new RawGate(_numbers);
        _raws = new RawTable(session, _numbers);
        var records = new RecordWriter(table, new FeedWriter(session), new HeldTable(session), new ClosingMarks(session), _numbers, _gate);
        _listings = new ListingTable(session);
        _pages = new PageWriter(_numbers, table, records, _runs, _checkpoints, _listings);
        _mappings = new MappingWriter(session, _numbers, table, records);
        _eraser = new Eraser(session, _numbers, table, records);
        _compactor = new Compactor(session);
        _feed = new FeedReader(_numbers);
        _sales = new SalesReader(_numbers);
        _runReader = new RunReader(_numbers);
        _writer = new GroupCommitter(session, _numbers, file);
        Inbox = new SqliteInbox(_writer, _readers, session);
        Closings = new SqliteClosings(_writer, _readers, session, _numbers);
        Outbox = new SqliteOutbox(_writer, _readers, session);
        Gaps = new SqliteGaps(_writer, _readers, session, _pages, _runs, _numbers);
        Backfills = new SqliteBackfills(_writer, _readers, session, _pages, _numbers);
        Listings = new SqliteListings(_writer, _readers, session, _pages, _runs, _listings, _numbers);
    }

    public string Feed => _numbers.Epoch.Name;

    /// <summary>In the same file, so that one disk sync serves both.</summary>
    public SqliteInbox Inbox { get; }

    /// <summary>In the same file, since the commits of records count what changes of closed days.</summary>
    public SqliteClosings Closings { get; }

    /// <summary>In the same file, so that one disk sync serves it too.</summary>
    public SqliteOutbox Outbox { get; }

    /// <summary>In the same file, since the commits of pages say what a listing named.</summary>
    public SqliteListings Listings { get; }

    public SqliteGaps Gaps { get; }

    public SqliteBackfills Backfills { get; }

    /// <summary>Opens the file, or makes it.</summary>
    /// <exception cref="StorageException">It cannot be used; nothing in it was changed.</exception>
    public static SqliteChangeStore Open(string path)
    {
        var file = new SqliteFile(path);
        var session = file.OpenWriter();
        try
        {
            return new SqliteChangeStore(file, session);
        }
        catch (SqliteException e)
        {
            session.Dispose();
            throw file.Failure(e);
        }
    }

    public Task<SyncRun> BeginRunAsync(SyncRun run, CancellationToken cancellationToken) => _writer.RunAsync(() => _runs.Begin(run), cancellationToken);

    public Task EndRunAsync(SyncRun run, IReadOnlyList<ScopeFetch> fetches, CancellationToken cancellationToken) => _writer.RunAsync(
        () =>
        {
            _runs.End(run);
            _fetches.Write(run, fetches);
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<ScopeFetch>> ListFetchesAsync(ConnectionId connection, StreamName stream, CancellationToken cancellationToken) =>
        _readers.ReadAsync<IReadOnlyList<ScopeFetch>>(session => _fetches.List(session, connection, stream), cancellationToken);

    public ValueTask<SyncRun?> FindRunAsync(string id, CancellationToken cancellationToken) =>
        _readers.ReadAsync(session => _runReader.Find(session, id), cancellationToken);

    public ValueTask<IReadOnlyList<SyncRun>> ListRunsAsync(ConnectionId connection, StreamName? stream, int limit, CancellationToken cancellationToken) =>
        _readers.ReadAsync<IReadOnlyList<SyncRun>>(session => _runReader.List(session, connection, stream, null, limit), cancellationToken);

    public ValueTask<IReadOnlyList<SyncRun>> ListRunsAsync(ConnectionId connection, StreamName? stream, string after, int limit, CancellationToken cancellationToken) =>
        _readers.ReadAsync<IReadOnlyList<SyncRun>>(session => _runReader.List(session, connection, stream, after, limit), cancellationToken);

    public ValueTask<IReadOnlyDictionary<SyncKey, SyncRun>> FindLastWholeRunsAsync(IReadOnlyCollection<SyncKey> syncs, CancellationToken cancellationToken) =>
        _readers.ReadAsync<IReadOnlyDictionary<SyncKey, SyncRun>>(session => _runReader.FindLastWhole(session, syncs), cancellationToken);

    public ValueTask<SyncRun?> FindLastFetchAsync(ConnectionId connection, StreamName stream, CancellationToken cancellationToken) =>
        _readers.ReadAsync(session => _runReader.FindLastFetch(session, connection, stream), cancellationToken);

    public ValueTask<IReadOnlyList<SyncRun>> ListOpenRunsAsync(CancellationToken cancellationToken) =>
        _readers.ReadAsync<IReadOnlyList<SyncRun>>(session => _runReader.ListOpen(session), cancellationToken);

    public async Task PruneRunsAsync(DateTimeOffset before, DateTimeOffset idleBefore, CancellationToken cancellationToken)
    {
        foreach (var connection in _numbers.Connections.Where(static connection => !connection.Deleted))
        {
            var past = await _readers.ReadAsync(session => RunReader.ListPast(session, connection, before, idleBefore), cancellationToken);
            foreach (var batch in past.Chunk(RunTable.DroppedAtOnce))
            {
                await _writer.RunAsync(() => _runs.Drop(batch), cancellationToken);
            }
        }
    }

    public Task<CommitResult> CommitAsync(PageCommit page, CancellationToken cancellationToken) =>
        _writer.RunAsync(() => _pages.Commit(page), cancellationToken);

    public ValueTask<Checkpoint?> ReadCheckpointAsync(Scope scope, CancellationToken cancellationToken) =>
        _readers.ReadAsync(session => _checkpoints.Read(session, scope), cancellationToken);

    public ValueTask<IReadOnlyList<StoredCheckpoint>> ListCheckpointsAsync(SyncKey sync, CancellationToken cancellationToken) =>
        _readers.ReadAsync<IReadOnlyList<StoredCheckpoint>>(session => _checkpoints.List(session, sync), cancellationToken);

    public Task ChangeCheckpointsAsync(
        SyncKey sync, IReadOnlyCollection<(string? Location, Checkpoint? To)> changes, Action<IReadOnlyList<StoredCheckpoint>> check, DateTimeOffset at, CancellationToken cancellationToken) => _writer.RunAsync(
        () =>
        {
            check(_checkpoints.List(_session, sync));
            if (_numbers.Number(sync.Connection, tenant: null) is not { } connection)
            {
                return;
            }

            var fence = _runs.Draw(connection.No, _numbers.NumberOf(sync.Stream.Value));
            foreach (var (location, to) in changes)
            {
                _checkpoints.Write(connection, new Scope(sync.Connection, sync.Stream, location), to, fence, at);
                _listings.Cut(connection.No, _numbers.NumberOf(sync.Stream.Value), _numbers.NumberOf(location));
            }
        },
        cancellationToken);

    public ValueTask<FeedPage> ReadChangesAsync(FeedQuery query, CancellationToken cancellationToken) =>
        _readers.ReadAsync(session => _feed.Read(session, query), cancellationToken);

    public ValueTask<long> SumHeadsAsync(CancellationToken cancellationToken) => ValueTask.FromResult(_numbers.Tenants.Sum(tenant => _numbers.FeedOf(tenant).Committed.Last));

    public async Task<long> WaitForChangesAsync(TenantId tenant, long after, CancellationToken cancellationToken)
    {
        var feed = _numbers.FeedOf(tenant);
        var last = await feed.WaitAsync(feed.Committed.Find(_numbers.Epoch, after) ?? 0, cancellationToken);
        return feed.Committed.Tell(_numbers.Epoch, last);
    }

    public async Task CompactAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        foreach (var tenant in _numbers.Tenants)
        {
            while (await _writer.RunAsync(() => _compactor.CompactSome(_numbers.Number(tenant), before.ToUnixTimeMilliseconds()), cancellationToken))
            {
            }
        }
    }

    public async Task ApplyMappingAsync(TenantId tenant, ConnectionId connection, string externalLocation, string? ownId, DateTimeOffset at, CancellationToken cancellationToken)
    {
        MappingWriter.Cursor? cursor = null;
        do
        {
            var from = cursor;
            cursor = await _writer.RunAsync(
                () => _mappings.MoveSome(tenant, connection, externalLocation, ownId, at.ToUnixTimeMilliseconds(), from), cancellationToken);
        }
        while (cursor is not null);
    }

    public ValueTask<IReadOnlyDictionary<string, long>> CountHeldAsync(ConnectionId connection, CancellationToken cancellationToken) =>
        _readers.ReadAsync<IReadOnlyDictionary<string, long>>(session => CountHeld(session, connection), cancellationToken);

    public async IAsyncEnumerable<FeedEntry> ReadSalesAsync(SalesQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var lease = await _readers.RentAsync(cancellationToken);
        // One transaction, so that a page committed meanwhile is in all of it or in none.
        lease.Session.Prepare("BEGIN").Run();
        try
        {
            using var sales = _sales.Read(lease.Session, query).GetEnumerator();
            while (_file.Guard(sales.MoveNext))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return sales.Current;
            }
        }
        finally
        {
            lease.Session.Reset();
            lease.Session.Prepare("COMMIT").Run();
        }
    }

    public async Task DeleteConnectionAsync(TenantId tenant, ConnectionId connection, DateTimeOffset at, CancellationToken cancellationToken)
    {
        foreach (var stream in (StreamName[])[StreamName.Sales, StreamName.Catalog, StreamName.Files])
        {
            await Outbox.CancelAsync(Lanes.Of(connection, stream), "The records that it tells of were deleted with their connection.", at, cancellationToken);
        }

        while (await _writer.RunAsync(() => _eraser.EraseSome(tenant, connection, at.ToUnixTimeMilliseconds()), cancellationToken))
        {
        }
    }

    public async Task DeleteTenantAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        await Outbox.ForgetAsync(tenant, cancellationToken);
        while (await _writer.RunAsync(() => _eraser.EraseSome(tenant), cancellationToken))
        {
        }
    }

    /// <summary>Holds on to all that is committed by now, to be copied while writes go on.</summary>
    public SqliteSnapshot Pin() => _file.Pin();

    public ValueTask<long> CountRawsAsync(CancellationToken cancellationToken) => _readers.ReadAsync(RawTable.CountAll, cancellationToken);

    public async Task RewriteRawsAsync(RawRewrite rewrite, Action<int> advanced, CancellationToken cancellationToken)
    {
        // By the writer itself: what it wrote before is committed when this ends, and what it writes after passes the gate.
        await _writer.RunAsync(() => _gate.Open(rewrite), cancellationToken);
        foreach (var connection in _numbers.Connections)
        {
            await RewriteAsync((session, after) => _raws.ReadHeld(session, connection, after, rewrite), advanced, cancellationToken);
        }

        await RewriteAsync((session, after) => _raws.ReadLive(session, after, rewrite), advanced, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync();
        _readers.Dispose();
        _session.Dispose();
    }

    private async Task RewriteAsync(Func<Session, RawBatch.Cursor, RawBatch> read, Action<int> advanced, CancellationToken cancellationToken)
    {
        var after = RawBatch.Cursor.Start;
        while (await _readers.ReadAsync(session => read(session, after), cancellationToken) is { Count: > 0 } batch)
        {
            if (batch.Rewritten.Count > 0)
            {
                await _writer.RunAsync(() => _raws.Put(batch), cancellationToken);
            }

            after = batch.Last;
            advanced(batch.Count);
        }
    }

    private Dictionary<string, long> CountHeld(Session session, ConnectionId id)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        if (_numbers.Find(id) is { } connection)
        {
            var rows = session.Prepare("SELECT place, COUNT(*) FROM held WHERE connection = ?1 GROUP BY place").Bind(1, connection.No);
            while (rows.Step())
            {
                counts.Add(_numbers.NameOf(rows.Int64(0)), rows.Int64(1));
            }
        }

        return counts;
    }
}
