using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Gaps;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Storage;

/// <summary>The days that look left out, beside the records that they are counted by.</summary>
public abstract class GapsTests(Engine engine)
{
    private static readonly Scope s_other = StoreUnderTest.Scope with { Location = "L2" };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_scope_remembers_up_to_which_day_it_was_looked_at_and_never_goes_back()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        Assert.Null((await test.Gaps.ReadAsync(StoreUnderTest.Scope, Token)).LookedAt);

        await NoteAsync(test, StoreUnderTest.Scope, []);
        await NoteAsync(test, StoreUnderTest.Scope, [], Sales.Day.AddDays(-1));

        Assert.Equal(Sales.Day, (await test.Gaps.ReadAsync(StoreUnderTest.Scope, Token)).LookedAt);
        Assert.Null((await test.Gaps.ReadAsync(s_other, Token)).LookedAt);
    }

    [Fact]
    public async Task A_gap_gets_a_number_is_replaced_by_it_and_is_forgotten_by_it()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await NoteAsync(test, StoreUnderTest.Scope, [Found(1), Found(5)]);
        await NoteAsync(test, s_other, [Found(3)]);
        var open = (await test.Gaps.ReadAsync(StoreUnderTest.Scope, Token)).Open;
        Assert.Equal([Sales.Day.AddDays(1), Sales.Day.AddDays(5)], open.Select(static gap => gap.First));

        await NoteAsync(test, StoreUnderTest.Scope, [open[0] with { Last = open[0].Last.AddDays(1), DueAt = Sales.Noon.AddHours(9) }]);
        await Assert.ThrowsAsync<StaleFenceException>(() => test.Gaps.ForgetAsync(StoreUnderTest.Tenant, StoreUnderTest.Scope, test.Run.Fence - 1, open[1].No, Token));
        await test.Gaps.ForgetAsync(StoreUnderTest.Tenant, StoreUnderTest.Scope, test.Run.Fence, open[1].No, Token);

        // Decided on while the service was asked again.
        await NoteAsync(test, StoreUnderTest.Scope, [open[1] with { DueAt = Sales.Noon.AddDays(1) }]);

        var left = Assert.Single((await test.Gaps.ReadAsync(StoreUnderTest.Scope, Token)).Open);
        Assert.Equal(open[0] with { Last = open[0].Last.AddDays(1), DueAt = Sales.Noon.AddHours(9) }, left);
        Assert.Equal(2, (await test.Gaps.ListAsync(StoreUnderTest.Connection, StreamName.Sales, Token)).Count);
        Assert.Empty(await test.Gaps.ListAsync(StoreUnderTest.Connection, StreamName.Catalog, Token));
    }

    [Fact]
    public async Task Of_each_day_the_sales_that_are_there_now_are_counted_held_ones_too()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.CommitAsync(Sales.Make("a"), Sales.Make("b"), Sales.Make("moved"), Sales.Make("deleted"), Sales.Make("next", day: Sales.Day.AddDays(2)));
        await test.CommitAsync(Sales.Make("moved", day: Sales.Day.AddDays(1)), Sales.Make("elsewhere", location: "L2"));
        await test.DeleteAsync("deleted");

        var counts = await test.Gaps.CountAsync(StoreUnderTest.Scope, Sales.Day.AddDays(-1), Sales.Day.AddDays(2), Token);
        Assert.Equal([0, 2, 1, 1], counts);
        Assert.Equal(1, Assert.Single(await test.Gaps.CountAsync(s_other, Sales.Day, Sales.Day, Token)));
    }

    [Fact]
    public async Task What_a_run_found_is_settled_by_a_yes_due_at_once_with_a_no_and_the_run_says_which()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await NoteAsync(test, StoreUnderTest.Scope, [Found(1) with { Run = test.Run.Id }]);
        await NoteAsync(test, s_other, [Found(2)]);
        Assert.False(Assert.Single((await test.Gaps.ReadAsync(StoreUnderTest.Scope, Token)).Open).IsTold);
        await test.Store.EndRunAsync(test.Run with { Outcome = SyncOutcome.Suspect, Reason = "A day is empty.", EndedAt = Sales.Noon }, [], Token);
        Assert.True(Assert.Single((await test.Gaps.ReadAsync(StoreUnderTest.Scope, Token)).Open) is { IsTold: true, IsRejected: false });

        await test.Gaps.DecideAsync(test.Run.Id, approve: false, Token);
        Assert.True(Assert.Single((await test.Gaps.ReadAsync(StoreUnderTest.Scope, Token)).Open).IsRejected);
        await test.Gaps.DecideAsync(test.Run.Id, approve: true, Token);
        await test.Gaps.DecideAsync(test.Run.Id, approve: true, Token);

        Assert.Equal("run_before", Assert.Single(await test.Gaps.ListAsync(StoreUnderTest.Connection, StreamName.Sales, Token)).Run);
        Assert.Equal("A day is empty. The service is asked again at once. The days count as closed.", (await test.Store.FindRunAsync(test.Run.Id, Token))!.Reason);
    }

    [Fact]
    public async Task A_run_that_wakes_up_after_a_later_one_has_begun_notes_nothing()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.Store.BeginRunAsync(StoreUnderTest.NewRun(StoreUnderTest.Tenant, StoreUnderTest.Connection), Token);

        await Assert.ThrowsAsync<StaleFenceException>(() => NoteAsync(test, StoreUnderTest.Scope, [Found(1)]));

        var (lookedAt, open) = await test.Gaps.ReadAsync(StoreUnderTest.Scope, Token);
        Assert.Null(lookedAt);
        Assert.Empty(open);
    }

    [Fact]
    public async Task A_connection_that_goes_takes_its_gaps_along_and_none_is_noted_after()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await NoteAsync(test, StoreUnderTest.Scope, [Found(1)]);

        await test.Store.DeleteConnectionAsync(StoreUnderTest.Tenant, StoreUnderTest.Connection, Sales.Noon, Token);
        await Assert.ThrowsAsync<StaleFenceException>(() => NoteAsync(test, StoreUnderTest.Scope, [Found(1)]));

        var (lookedAt, open) = await test.Gaps.ReadAsync(StoreUnderTest.Scope, Token);
        Assert.Null(lookedAt);
        Assert.Empty(open);
    }

    private static Task NoteAsync(StoreUnderTest test, Scope scope, IReadOnlyList<Gap> found, DateOnly? lookedAt = null)
        => test.Gaps.NoteAsync(StoreUnderTest.Tenant, scope, test.Run.Fence, lookedAt ?? Sales.Day, found, Token);

    private static Gap Found(int day) => new(0, Sales.Day.AddDays(day), Sales.Day.AddDays(day), "run_before", Sales.Noon, Sales.Noon.AddHours(4));
}

public sealed class SqliteGapsTests() : GapsTests(Engine.Sqlite);

public sealed class PostgresGapsTests() : GapsTests(Engine.Postgres);
