using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Backfills;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Storage;

/// <summary>The days that were asked for, and how far each scope has come with them.</summary>
public abstract class BackfillsTests(Engine engine)
{
    private static readonly Backfill s_backfill = new(new SyncKey(StoreUnderTest.Connection, StreamName.Sales), Sales.Day.AddDays(-30), Sales.Day, OnlyInQuietHours: true);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Another_takes_its_place_and_none_of_its_days_are_fetched()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.Backfills.OpenAsync(s_backfill, Token);
        await NoteDoneAsync(test, Sales.Location, Sales.Day.AddDays(-1));
        await NoteDoneAsync(test, null, Sales.Day.AddDays(-1));
        await NoteDoneAsync(test, Sales.Location, Sales.Day.AddDays(-2));
        Assert.Equal(Sales.Day.AddDays(-2), await test.Backfills.FindDoneAsync(StoreUnderTest.Scope, Token));
        Assert.Equal(Sales.Day.AddDays(-1), await test.Backfills.FindDoneAsync(StoreUnderTest.Scope with { Location = null }, Token));
        var other = s_backfill with { From = Sales.Day.AddDays(-3), OnlyInQuietHours = false };

        await test.Backfills.OpenAsync(other, Token);

        Assert.Equal((StoreUnderTest.Tenant, other), Assert.Single(await test.Backfills.ListAsync(Token)));
        Assert.Null(await test.Backfills.FindDoneAsync(StoreUnderTest.Scope, Token));
        await test.Backfills.ForgetAsync(other.Sync, Token);
        Assert.Empty(await test.Backfills.ListAsync(Token));
    }

    [Fact]
    public async Task A_run_that_wakes_up_after_a_later_one_has_begun_notes_nothing()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.Backfills.OpenAsync(s_backfill, Token);
        await test.Store.BeginRunAsync(StoreUnderTest.NewRun(StoreUnderTest.Tenant, StoreUnderTest.Connection), Token);

        await Assert.ThrowsAsync<StaleFenceException>(() => NoteDoneAsync(test, Sales.Location, Sales.Day));

        Assert.Null(await test.Backfills.FindDoneAsync(StoreUnderTest.Scope, Token));
    }

    [Fact]
    public async Task A_connection_that_goes_takes_its_backfills_along_and_none_is_opened_after()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.Backfills.OpenAsync(s_backfill, Token);
        await NoteDoneAsync(test, Sales.Location, Sales.Day);

        await test.Store.DeleteConnectionAsync(StoreUnderTest.Tenant, StoreUnderTest.Connection, Sales.Noon, Token);
        await test.Backfills.OpenAsync(s_backfill, Token);

        Assert.Empty(await test.Backfills.ListAsync(Token));
        Assert.Null(await test.Backfills.FindDoneAsync(StoreUnderTest.Scope, Token));
    }

    private static Task NoteDoneAsync(StoreUnderTest test, string? location, DateOnly from)
        => test.Backfills.NoteDoneAsync(StoreUnderTest.Tenant, StoreUnderTest.Scope with { Location = location }, test.Run.Fence, from, Token);
}

public sealed class SqliteBackfillsTests() : BackfillsTests(Engine.Sqlite);

public sealed class PostgresBackfillsTests() : BackfillsTests(Engine.Postgres);
