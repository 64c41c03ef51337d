using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Gaps;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Storage;

public abstract class RunTests(Engine engine)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_is_read_back_as_it_was_stored_and_listed_newest_first()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
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
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.CommitAsync(Sales.Make("s1"), Sales.Make("s2"));
        await test.CommitAsync(Sales.Make("s1"), Sales.Make("s3", location: "L9"));

        await test.AbandonAsync();

        var open = Assert.Single(await test.Store.ListOpenRunsAsync(Token));
        Assert.Equal((test.Run.Id, 2, 3L, 1L, 1L), (open.Id, open.Pages, open.Inserted, open.Unchanged, open.Held));
    }

    [Fact]
    public async Task Runs_go_after_their_time_those_that_changed_nothing_first_and_the_newest_hundred_of_a_sync_never()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var idle = await EndAsync(test, day: 0);
        var busy = await EndAsync(test, day: 0, static run => run with { Updated = 1 });
        var failed = await EndAsync(test, day: 0, static run => run with { Outcome = SyncOutcome.RetryLater });
        var others = await EndAsync(test, day: 0, stream: StreamName.Catalog);
        for (var i = 0; i < 100; i++)
        {
            await EndAsync(test, day: 8);
        }

        await test.Store.PruneRunsAsync(Sales.Noon.AddDays(-1), Sales.Noon.AddDays(1), Token);
        Assert.Null(await test.Store.FindRunAsync(idle.Id, Token));
        Assert.NotNull(await test.Store.FindRunAsync(busy.Id, Token));
        Assert.NotNull(await test.Store.FindRunAsync(failed.Id, Token));

        await test.Store.PruneRunsAsync(Sales.Noon.AddDays(9), Sales.Noon.AddDays(9), Token);
        Assert.Null(await test.Store.FindRunAsync(busy.Id, Token));
        Assert.Null(await test.Store.FindRunAsync(failed.Id, Token));
        Assert.NotNull(await test.Store.FindRunAsync(others.Id, Token));
        Assert.Equal(100, (await test.Store.ListRunsAsync(StoreUnderTest.Connection, StreamName.Sales, 1000, Token)).Count(static run => run.EndedAt is not null));
    }

    [Fact]
    public async Task A_run_that_is_open_or_asks_or_is_the_last_of_its_kind_outlives_a_hundred_after_it()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var fetch = await EndAsync(test, day: 0);
        var whole = await EndAsync(test, day: 0, static run => run with { Outcome = SyncOutcome.NeedsAttention });
        var asking = await EndAsync(test, day: 0, static run => run with { Outcome = SyncOutcome.Suspect }, trigger: RunTrigger.Day);
        await test.Gaps.NoteAsync(StoreUnderTest.Tenant, StoreUnderTest.Scope, asking.Fence, Sales.Day, [new Gap(0, Sales.Day, Sales.Day, asking.Id, Sales.Noon, Sales.Noon)], Token);
        for (var i = 0; i < 101; i++)
        {
            await EndAsync(test, day: 0, trigger: RunTrigger.Webhook);
        }

        await test.Store.PruneRunsAsync(Sales.Noon.AddDays(9), Sales.Noon.AddDays(9), Token);

        var kept = await test.Store.ListRunsAsync(StoreUnderTest.Connection, StreamName.Sales, 1000, Token);
        Assert.Equal([asking.Id, whole.Id, fetch.Id, test.Run.Id], kept.Skip(100).Select(static run => run.Id));
        Assert.Equal(fetch, await test.Store.FindLastFetchAsync(StoreUnderTest.Connection, StreamName.Sales, Token));
    }

    [Fact]
    public async Task What_a_run_has_left_of_its_scopes_stands_until_a_later_one_says_otherwise()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var stale = test.Run;

        await test.Store.EndRunAsync(stale, [new ScopeFetch("L1", Sales.Noon, null, null), new ScopeFetch(null, Sales.Noon, null, null), new ScopeFetch(null, null, Trouble.Storage, "The disk is full.")], Token);
        Assert.Equal([new ScopeFetch(null, Sales.Noon, Trouble.Storage, "The disk is full."), new ScopeFetch("L1", Sales.Noon, null, null)], await ListAsync());

        var next = await test.Store.BeginRunAsync(StoreUnderTest.NewRun(StoreUnderTest.Tenant, StoreUnderTest.Connection), Token);
        await test.Store.EndRunAsync(stale, [new ScopeFetch("L1", Sales.Noon.AddDays(9), null, null)], Token);
        await test.Store.EndRunAsync(next, [new ScopeFetch("L1", null, Trouble.Waiting, "It waits."), new ScopeFetch("L2", Sales.Noon, null, null)], Token);

        Assert.Equal(
            [new ScopeFetch(null, Sales.Noon, Trouble.Storage, "The disk is full."), new ScopeFetch("L1", Sales.Noon, Trouble.Waiting, "It waits."), new ScopeFetch("L2", Sales.Noon, null, null)],
            await ListAsync());

        async Task<IEnumerable<ScopeFetch>> ListAsync()
            => (await test.Store.ListFetchesAsync(StoreUnderTest.Connection, StreamName.Sales, Token)).OrderBy(static fetch => fetch.Location, StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_checkpoint_can_be_set_before_the_first_run_and_taken_away()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var scope = new Scope(new ConnectionId("con_new"), StreamName.Catalog, null);

        var sync = new SyncKey(scope.Connection, scope.Stream);
        await test.Store.ChangeCheckpointsAsync(sync, [(null, new Checkpoint("by hand"))], static _ => { }, Sales.Noon, Token);

        Assert.Equal(new Checkpoint("by hand"), await test.Store.ReadCheckpointAsync(scope, Token));
        Assert.Null(await test.Store.ReadCheckpointAsync(scope with { Location = "L1" }, Token));
        Assert.Equal(1, (await test.Store.BeginRunAsync(StoreUnderTest.NewRun(new TenantId("t2"), scope.Connection), Token)).Fence);
        Assert.Equal(new Checkpoint("by hand"), await test.Store.ReadCheckpointAsync(scope, Token));
        await test.Store.ChangeCheckpointsAsync(sync, [(null, null)], static _ => { }, Sales.Noon, Token);
        Assert.Null(await test.Store.ReadCheckpointAsync(scope, Token));
    }

    private static async Task<SyncRun> EndAsync(
        StoreUnderTest test, int day, Func<SyncRun, SyncRun>? change = null, StreamName? stream = null, string trigger = RunTrigger.Schedule)
    {
        var begun = await test.Store.BeginRunAsync(StoreUnderTest.NewRun(StoreUnderTest.Tenant, StoreUnderTest.Connection, stream) with { Trigger = trigger }, Token);
        var ended = begun with { Outcome = SyncOutcome.Completed, EndedAt = Sales.Noon.AddDays(day) };
        ended = change?.Invoke(ended) ?? ended;
        await test.Store.EndRunAsync(ended, [], Token);
        return ended;
    }
}

public sealed class SqliteRunTests() : RunTests(Engine.Sqlite);

public sealed class PostgresRunTests() : RunTests(Engine.Postgres);
