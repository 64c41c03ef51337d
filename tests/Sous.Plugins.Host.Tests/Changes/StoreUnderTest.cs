using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Days.Closings;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Backfills;
using Sous.Plugins.Host.Syncing.Gaps;
using Sous.Plugins.Host.Syncing.Listings;
using Sous.Plugins.Host.Tests.Storage;
using Sous.Plugins.Host.Tests.Storage.Postgres;
using Sous.Plugins.Host.Tests.Storage.Sqlite;
using Sous.Plugins.Host.Webhooks;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Tests.Changes;

/// <summary>A real store in a database of its own, with one tenant and one connection whose location L1 is mapped to "own-1".</summary>
internal sealed class StoreUnderTest : IAsyncDisposable
{
    public static readonly TenantId Tenant = new("t1");
    public static readonly ConnectionId Connection = new("con_1");
    public static readonly Scope Scope = new(Connection, StreamName.Sales, Sales.Location);

    private StoresUnderTest _stores;

    private StoreUnderTest(IDatabaseUnderTest database, StoresUnderTest stores) => (Database, _stores) = (database, stores);

    public IDatabaseUnderTest Database { get; }

    public IChangeStore Store => _stores.Changes;

    public IInbox Inbox => _stores.Inbox;

    public IOutbox Outbox => _stores.Outbox;

    public IClosings Closings => _stores.Closings;

    public IGaps Gaps => _stores.Gaps;

    public IListings Listings => _stores.Listings;

    public IBackfills Backfills => _stores.Backfills;

    /// <summary>The run of <see cref="Tenant"/> and <see cref="Connection"/> that pages are committed with.</summary>
    public SyncRun Run { get; set; } = NewRun(Tenant, Connection);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<StoreUnderTest> CreateAsync(Engine engine = Engine.Sqlite, bool mapped = true)
    {
        IDatabaseUnderTest database = engine == Engine.Sqlite ? new SqliteUnderTest() : await PostgresUnderTest.CreateAsync();
        var store = new StoreUnderTest(database, await database.OpenAsync());
        store.Run = await store.Store.BeginRunAsync(store.Run, Token);
        if (mapped)
        {
            await store.MapAsync("own-1");
        }

        return store;
    }

    public static SyncRun NewRun(TenantId tenant, ConnectionId connection, StreamName? stream = null) => new()
    {
        Id = $"run_{Guid.NewGuid():N}",
        Tenant = tenant,
        Connection = connection,
        Stream = stream ?? StreamName.Sales,
        Trigger = "request",
        Outcome = SyncOutcome.Running,
        StartedAt = Sales.Noon,
    };

    public Task MapAsync(string? ownId, string external = Sales.Location, DateTimeOffset? at = null) =>
        Store.ApplyMappingAsync(Tenant, Connection, external, ownId, at ?? Sales.Noon, Token);

    public Task<CommitResult> CommitAsync(params Sale[] sales) => CommitAsync(Sales.Noon, [.. sales.Select(static sale => Change.Upsert(sale.Ref.Id, sale))]);

    public Task<CommitResult> DeleteAsync(string id, DateTimeOffset? at = null) => CommitAsync(at ?? Sales.Noon, Change.Delete<Sale>(id));

    public async Task<CommitResult> CommitAsync(DateTimeOffset at, params Change<Sale>[] changes)
    {
        using var page = Pages.Encode(Tenant, Connection, [.. changes]);
        return await Store.CommitAsync(PageOf(Run, page, at), Token);
    }

    public static PageCommit PageOf(SyncRun run, EncodedPage page, DateTimeOffset at, string? next = "next") => new()
    {
        Tenant = run.Tenant,
        Scope = new Scope(run.Connection, run.Stream, Sales.Location),
        Run = run.Id,
        Fence = run.Fence,
        Changes = page.Changes,
        Next = next is null ? null : new Checkpoint(next),
        At = at,
    };

    public async Task<IReadOnlyList<FeedEntry>> FeedAsync(TenantId? tenant = null) =>
        (await Store.ReadChangesAsync(new FeedQuery(tenant ?? Tenant, 0, null, null, 1000), Token)).Changes;

    public async Task<List<FeedEntry>> SalesAsync(DateOnly from, DateOnly? to = null, DateTimeOffset? asOf = null, DayMatch match = DayMatch.Sold)
    {
        var sales = new List<FeedEntry>();
        await foreach (var sale in Store.ReadSalesAsync(new SalesQuery(Tenant, null, null, from, to ?? from, asOf, match), Token))
        {
            sales.Add(sale);
        }

        return sales;
    }

    public ValueTask CloseAsync() => Store.DisposeAsync();

    /// <summary>What a restore does to the feeds.</summary>
    public async Task RenewEpochAsync(DateTimeOffset now)
    {
        await CloseAsync();
        await Database.RenewEpochAsync(now);
        await AbandonAsync();
    }

    /// <summary>Opens the database a second time, as the next host does after this one was killed: nothing is closed.</summary>
    public async Task AbandonAsync() => _stores = await Database.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await Database.DisposeAsync();
    }
}
