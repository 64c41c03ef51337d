using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Days.Closings;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;
using Sous.Plugins.Host.Tests.Changes;

namespace Sous.Plugins.Host.Tests.Storage;

/// <summary>Closed days beside the records: what is counted of them, and what is told.</summary>
public abstract class ClosingsTests(Engine engine)
{
    private static readonly ClosingKey Key = new(StoreUnderTest.Connection, Sales.Location, Sales.Day);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_change_of_a_sale_of_the_day_or_of_money_on_it_is_counted_with_its_commit()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.CommitAsync(Sales.Make("before"));
        await OpenAsync(test, Key);
        var counts = new List<long>();
        foreach (var act in (Func<Task>[])[
            () => test.CommitAsync(Sales.Make("first arrival")),
            () => test.CommitAsync(Sales.Make("before", 900)),
            () => test.CommitAsync(Sales.Make("before", 900)),
            () => test.CommitAsync(Sales.Make("paid on it", day: Sales.Day.AddDays(-3)) with { Payments = [Sales.Payment("p", 5, 0)] }),
            () => test.CommitAsync(Sales.Make("of another day", day: Sales.Day.AddDays(1))),
            () => test.CommitAsync(Sales.Make("of another place", location: "L2")),
            () => test.CommitAsync(Sales.Make("before", 900, Sales.Day.AddDays(1))),
            () => test.DeleteAsync("first arrival"),
            () => test.MapAsync("own-9"),
        ])
        {
            await act();
            counts.Add(Assert.Single(await test.Closings.ListOpenAsync(StoreUnderTest.Connection, Token)).Changes);
        }

        // Arrived, changed, not changed, paid, not its day, not its place, gone to another day, deleted; a mapping changes nothing of it.
        Assert.Equal([1, 2, 2, 3, 3, 3, 4, 5, 5], counts);
    }

    [Fact]
    public async Task A_day_that_money_of_another_days_sale_leaves_is_counted_as_changed()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var sale = Sales.Make("of days before", day: Sales.Day.AddDays(-3));
        await test.CommitAsync(sale with { Payments = [Sales.Payment("p", 5, 0, Sales.Day)] });
        await OpenAsync(test, Key);

        await test.CommitAsync(sale with { Payments = [Sales.Payment("p", 5, 0, Sales.Day.AddDays(1))] });
        Assert.Equal(1, Assert.Single(await test.Closings.ListOpenAsync(StoreUnderTest.Connection, Token)).Changes);

        await test.DeleteAsync("of days before");
        Assert.Equal(2, Assert.Single(await test.Closings.ListOpenAsync(StoreUnderTest.Connection, Token)).Changes);
    }

    [Fact]
    public async Task A_day_that_is_opened_again_goes_on_counting_and_what_was_kept_of_it_stays()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await OpenAsync(test, Key);
        await test.CommitAsync(Sales.Make("a"));
        var closing = Assert.Single(await test.Closings.ListOpenAsync(StoreUnderTest.Connection, Token));
        await test.Closings.KeepAsync(closing with { Step = ClosingStep.None, Due = null, Seen = closing.Changes, State = ClosingState.Open with { ClosedAt = Sales.Noon } }, [], Token);
        Assert.Empty(await test.Closings.ListOpenAsync(StoreUnderTest.Connection, Token));

        await OpenAsync(test, Key);
        await test.CommitAsync(Sales.Make("a", 7));

        var stale = Assert.Single(await test.Closings.ListOpenAsync(StoreUnderTest.Connection, Token));
        Assert.Equal((true, 2L, 1L, (DateTimeOffset?)Sales.Noon), (stale.IsStale, stale.Changes, stale.Seen, stale.State.ClosedAt));
        Assert.Equal(Sales.Day, await test.Closings.FindLastAsync(StoreUnderTest.Connection, Sales.Location, Token));
    }

    [Fact]
    public async Task A_connection_that_goes_takes_its_days_and_what_was_to_be_told_of_them_along()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await OpenAsync(test, Key);
        await KeepAsync(test, "day.closed");

        await test.Store.DeleteConnectionAsync(StoreUnderTest.Tenant, StoreUnderTest.Connection, Sales.Noon, Token);

        Assert.Empty(await test.Closings.ListAsync(StoreUnderTest.Tenant, DateOnly.MinValue, DateOnly.MaxValue, Token));
        Assert.Empty(await test.Closings.ReadNewsAsync(10, Token));
        // A turn that was under way brings nothing back.
        await OpenAsync(test, Key);
        await KeepAsync(test, "day.closed");
        Assert.Empty(await test.Closings.ReadNewsAsync(10, Token));
    }

    [Fact]
    public async Task What_a_kill_left_half_told_is_told_once()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        using var folder = new TemporaryFolder();
        using var data = DataFolder.Open(folder.Path);
        data.Claim();
        await using var registry = LiteDbRegistry.Open(data, NullLogger<LiteDbRegistry>.Instance);
        await registry.WriteAsync(
            static t => t.Put(Connection.Collection, new Connection { Id = StoreUnderTest.Connection, Tenant = StoreUnderTest.Tenant, Driver = new DriverId("square"), Status = ConnectionStatus.Ok, CreatedAt = Sales.Noon, ChangedAt = Sales.Noon }), Token);
        var log = new EventLog(registry);
        var news = new ClosingNews(test.Closings, log);
        await OpenAsync(test, Key);
        await KeepAsync(test, "day.closed", "day.restated");
        // Told, and killed before it was forgotten: it stands there again, under the numbers that it had.
        await test.Database.ExecuteAsync("CREATE TABLE told AS SELECT * FROM closing_news");
        await news.TellAsync(Token);
        await test.Database.ExecuteAsync("INSERT INTO closing_news SELECT * FROM told");

        await KeepAsync(test, "day.tied");
        await news.TellAsync(Token);
        await news.TellAsync(Token);

        var all = (await log.ReadAsync(StoreUnderTest.Tenant, 0, 100, new CancellationToken(true), Token))!.Items;
        Assert.Equal(["day.closed", "day.restated", "day.tied"], all.Select(static one => one.Type));
        Assert.Empty(await test.Closings.ReadNewsAsync(10, Token));
    }

    private static Task OpenAsync(StoreUnderTest test, params ClosingKey[] keys)
        => test.Closings.OpenAsync(StoreUnderTest.Tenant, [.. keys.Select(static key => (key, Sales.Noon))], Token);

    private static Task KeepAsync(StoreUnderTest test, params string[] types) => test.Closings.KeepAsync(
        new Closing(Key, ClosingStep.TieOut, Sales.Noon, 0, 0, ClosingState.Open),
        [.. types.Select(static type => new PlatformEvent { Type = type, Tenant = StoreUnderTest.Tenant, At = Sales.Noon, Connection = StoreUnderTest.Connection, Day = Sales.Day })],
        Token);
}

public sealed class SqliteClosingsTests() : ClosingsTests(Engine.Sqlite);

public sealed class PostgresClosingsTests() : ClosingsTests(Engine.Postgres);
