using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Storage.Sqlite;

public sealed class RunTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_is_read_back_as_it_was_stored_and_listed_newest_first()
    {
        await using var test = await StoreUnderTest.CreateAsync();
        var asked = StoreUnderTest.NewRun(StoreUnderTest.Tenant, StoreUnderTest.Connection, StreamName.Catalog) with { From = Sales.Day, To = Sales.Day.AddDays(2) };
        var begun = await test.Store.BeginRunAsync(asked, Token);
        var ended = begun with
        {
            Outcome = SyncOutcome.NeedsReconnect, Reason = "The grant was revoked.", EndedAt = Sales.Noon.AddMinutes(1),
            Pages = 3, Inserted = 4, Updated = 5, Unchanged = 6, Deleted = 7, Held = 8,
        };

        await test.Store.EndRunAsync(ended, [], Token);

        Assert.Equal(asked with { Fence = 1 }, begun);
        Assert.Equal(ended, await test.Store.FindRunAsync(begun.Id, Token));
        Assert.Null(await test.Store.FindRunAsync("run_other", Token));
        Assert.Equal([begun.Id, test.Run.Id], (await test.Store.ListRunsAsync(StoreUnderTest.Connection, null, 10, Token)).Select(static run => run.Id));
        Assert.Equal([begun.Id], (await test.Store.ListRunsAsync(StoreUnderTest.Connection, StreamName.Catalog, 10, Token)).Select(static run => run.Id));
        Assert.Equal([begun.Id], (await test.Store.ListRunsAsync(StoreUnderTest.Connection, null, 1, Token)).Select(static run => run.Id));
        Assert.Empty(await test.Store.ListRunsAsync(new ConnectionId("con_none"), null, 10, Token));
    }

    [Fact]
    public async Task A_run_whose_host_was_killed_is_open_with_the_counts_that_it_had_committed()
    {
        await using var test = await StoreUnderTest.CreateAsync();
        await test.CommitAsync(Sales.Make("s1"), Sales.Make("s2"));
        await test.CommitAsync(Sales.Make("s1"), Sales.Make("s3", location: "L9"));

        test.Abandon();

        var open = Assert.Single(await test.Store.ListOpenRunsAsync(Token));
        Assert.Equal((test.Run.Id, 2, 3L, 1L, 1L), (open.Id, open.Pages, open.Inserted, open.Unchanged, open.Held));
    }

    [Fact]
    public async Task A_checkpoint_can_be_set_before_the_first_run_and_taken_away()
    {
        await using var test = await StoreUnderTest.CreateAsync();
        var scope = new Scope(new ConnectionId("con_new"), StreamName.Catalog, null);

        var sync = new SyncKey(scope.Connection, scope.Stream);
        await test.Store.ChangeCheckpointsAsync(sync, [(null, new Checkpoint("by hand"))], Sales.Noon, Token);

        Assert.Equal(new Checkpoint("by hand"), await test.Store.ReadCheckpointAsync(scope, Token));
        Assert.Null(await test.Store.ReadCheckpointAsync(scope with { Location = "L1" }, Token));
        Assert.Equal(1, (await test.Store.BeginRunAsync(StoreUnderTest.NewRun(new TenantId("t2"), scope.Connection), Token)).Fence);
        Assert.Equal(new Checkpoint("by hand"), await test.Store.ReadCheckpointAsync(scope, Token));
        await test.Store.ChangeCheckpointsAsync(sync, [(null, null)], Sales.Noon, Token);
        Assert.Null(await test.Store.ReadCheckpointAsync(scope, Token));
    }
}
