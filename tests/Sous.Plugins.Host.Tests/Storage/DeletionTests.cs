using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Tests.Storage;

public abstract class DeletionTests(Engine engine)
{
    private static readonly ConnectionId Other = new("con_2");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_deleted_connection_leaves_a_delete_for_each_record_and_nothing_else()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.CommitAsync([.. Enumerable.Range(0, 700).Select(static i => Sales.Make($"s{i}"))]);
        await test.CommitAsync(Sales.Make("s1", net: 5), Sales.Make("s2", net: 5), Sales.Make("held", location: "L9"));
        await test.DeleteAsync("s3");
        await CommitToAsync(test, StoreUnderTest.Tenant, Other, "kept");

        await DeleteAsync(test);
        var last = (await LastAsync(test)).Next;
        await DeleteAsync(test);

        Assert.Equal(last, (await LastAsync(test)).Next);
        var feed = await test.FeedAsync();
        Assert.Equal("kept", Assert.Single(feed, static entry => entry.Kind == ChangeKind.Upsert).Id);
        Assert.Equal(700, feed.Where(static entry => entry.Kind == ChangeKind.Delete).Select(static entry => entry.Id).Distinct().Count());
        Assert.Empty(await test.Store.ListRunsAsync(StoreUnderTest.Connection, null, 10, Token));
        Assert.Null(await test.Store.ReadCheckpointAsync(StoreUnderTest.Scope, Token));
        Assert.Empty(await test.Store.CountHeldAsync(StoreUnderTest.Connection, Token));
        Assert.Equal("kept", Assert.Single(await test.SalesAsync(Sales.Day)).Id);
    }

    [Fact]
    public async Task A_run_of_a_deleted_connection_can_neither_commit_nor_begin()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await DeleteAsync(test);

        await Assert.ThrowsAsync<StaleFenceException>(() => test.CommitAsync(Sales.Make("late")));
        await Assert.ThrowsAsync<StaleFenceException>(() => test.Store.BeginRunAsync(StoreUnderTest.NewRun(StoreUnderTest.Tenant, StoreUnderTest.Connection), Token));
        await test.AbandonAsync();
        await Assert.ThrowsAsync<StaleFenceException>(() => test.Store.BeginRunAsync(StoreUnderTest.NewRun(StoreUnderTest.Tenant, StoreUnderTest.Connection), Token));
    }

    [Fact]
    public async Task A_deleted_tenant_leaves_no_record_and_its_readers_start_over()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.CommitAsync([.. Enumerable.Range(0, 600).Select(static i => Sales.Make($"s{i}"))]);
        await CommitToAsync(test, new TenantId("t2"), Other, "kept");
        var before = await LastAsync(test);

        await test.Store.DeleteTenantAsync(StoreUnderTest.Tenant, Token);
        await test.Store.DeleteTenantAsync(StoreUnderTest.Tenant, Token);

        await Assert.ThrowsAsync<FeedResetException>(() => ReadAsync(test, before.Next));
        var anew = await ReadAsync(test, after: 0);
        Assert.Empty(anew.Changes);
        Assert.NotEqual(before.Feed, anew.Feed);
        Assert.Equal("kept", Assert.Single(await test.FeedAsync(new TenantId("t2"))).Id);
        Assert.Equal(1, await test.Database.ExecuteAsync("SELECT COUNT(*) FROM changes"));
        Assert.Equal(1, await test.Database.ExecuteAsync("SELECT COUNT(*) FROM records"));
        Assert.Equal(1, await test.Database.ExecuteAsync("SELECT COUNT(*) FROM days"));
    }

    [Fact]
    public async Task Two_tenants_and_two_connections_with_the_same_ids_do_not_meet()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.CommitAsync(Sales.Make("s1", net: 1));
        await CommitToAsync(test, StoreUnderTest.Tenant, Other, "s1");
        await CommitToAsync(test, new TenantId("t2"), new ConnectionId("con_3"), "s1");

        Assert.Equal([1L, 2L], (await test.FeedAsync()).Select(static entry => entry.Sequence));
        Assert.Equal((1L, new ConnectionId("con_3")), (await test.FeedAsync(new TenantId("t2"))).Select(static entry => (entry.Sequence, entry.Connection)).Single());
        Assert.Equal(2, (await test.SalesAsync(Sales.Day)).Count);
        await Assert.ThrowsAsync<StaleFenceException>(() => test.Store.BeginRunAsync(StoreUnderTest.NewRun(new TenantId("t2"), StoreUnderTest.Connection), Token));
        await test.Store.DeleteConnectionAsync(new TenantId("t2"), StoreUnderTest.Connection, Sales.Noon, Token);
        Assert.Equal(2, (await test.SalesAsync(Sales.Day)).Count);
    }

    private static Task DeleteAsync(StoreUnderTest test) => test.Store.DeleteConnectionAsync(StoreUnderTest.Tenant, StoreUnderTest.Connection, Sales.Noon, Token);

    private static async Task CommitToAsync(StoreUnderTest test, TenantId tenant, ConnectionId connection, string id)
    {
        var run = await test.Store.BeginRunAsync(StoreUnderTest.NewRun(tenant, connection), Token);
        await test.Store.ApplyMappingAsync(tenant, connection, Sales.Location, "own-1", Sales.Noon, Token);
        using var page = Pages.Encode(tenant, connection, Change.Upsert(id, Sales.Make(id)));
        await test.Store.CommitAsync(StoreUnderTest.PageOf(run, page, Sales.Noon), Token);
    }

    private static async Task<FeedPage> LastAsync(StoreUnderTest test)
    {
        var page = await ReadAsync(test, after: 0);
        while (page.More)
        {
            page = await ReadAsync(test, page.Next);
        }

        return page;
    }

    private static Task<FeedPage> ReadAsync(StoreUnderTest test, long after) =>
        test.Store.ReadChangesAsync(new FeedQuery(StoreUnderTest.Tenant, after, null, null, 1000), Token).AsTask();
}

public sealed class SqliteDeletionTests() : DeletionTests(Engine.Sqlite);

public sealed class PostgresDeletionTests() : DeletionTests(Engine.Postgres);
