using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage.Sqlite;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Benchmarks.Store;

/// <summary>The change store as the host uses it: fence, comparison, versions, feed, days, checkpoint, counts.</summary>
internal sealed class OurStore : IAsyncDisposable
{
    public static readonly TenantId Tenant = new("bench");
    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeMilliseconds(1_770_000_000_000);
    private static readonly Scope Scope = new(new ConnectionId("con_bench"), StreamName.Sales, "L1");

    private readonly IChangeStore _store;
    private SyncRun _run = new()
    {
        Id = "run_bench", Tenant = Tenant, Connection = Scope.Connection, Stream = Scope.Stream, Trigger = "bench",
        Outcome = SyncOutcome.Running, StartedAt = At,
    };

    private OurStore(IChangeStore store) => _store = store;

    /// <summary>The embedded one, in a file.</summary>
    public static Task<OurStore> OpenAsync(string path) => OpenAsync(SqliteChangeStore.Open(path));

    /// <param name="store">Closed with this.</param>
    public static async Task<OurStore> OpenAsync(IChangeStore store)
    {
        var ours = new OurStore(store);
        ours._run = await ours._store.BeginRunAsync(ours._run, CancellationToken.None);
        await ours._store.ApplyMappingAsync(Tenant, Scope.Connection, "L1", "own-1", At, CancellationToken.None);
        return ours;
    }

    public Task<CommitResult> CommitAsync(RecordChange[] page, string checkpoint) => _store.CommitAsync(
        new PageCommit { Tenant = Tenant, Scope = Scope, Run = _run.Id, Fence = _run.Fence, Changes = page, Next = new Checkpoint(checkpoint), At = At },
        CancellationToken.None);

    public async Task<int> ReadAllAsync(int limit)
    {
        var read = 0;
        for (var (after, more) = (0L, true); more;)
        {
            var page = await _store.ReadChangesAsync(new FeedQuery(Tenant, after, null, null, limit), CancellationToken.None);
            read += page.Changes.Count;
            (after, more) = (page.Next, page.More);
        }

        return read;
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}
