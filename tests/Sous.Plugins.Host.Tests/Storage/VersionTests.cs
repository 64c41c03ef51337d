using System.Text.Json;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Storage;

public abstract class VersionTests(Engine engine)
{
    private static readonly DateTimeOffset Later = Sales.Noon.AddDays(1);

    [Fact]
    public async Task A_sale_can_be_read_as_it_was_known_at_any_time()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.CommitAsync(Sales.Noon, Change.Upsert("s1", Sales.Make("s1", net: 100)));
        await test.CommitAsync(Later, Change.Upsert("s1", Sales.Make("s1", net: 90)));
        await test.DeleteAsync("s1", Later.AddDays(1));

        Assert.Empty(await NetsAsync(test, Sales.Day, Sales.Noon.AddMinutes(-1)));
        Assert.Equal([100L], await NetsAsync(test, Sales.Day, Sales.Noon));
        Assert.Equal([100L], await NetsAsync(test, Sales.Day, Later.AddMinutes(-1)));
        Assert.Equal([90L], await NetsAsync(test, Sales.Day, Later));
        Assert.Empty(await NetsAsync(test, Sales.Day, asOf: null));
    }

    [Fact]
    public async Task A_sale_whose_day_changed_is_found_on_the_day_that_it_had_then()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var next = Sales.Day.AddDays(1);
        await test.CommitAsync(Sales.Noon, Change.Upsert("s1", Sales.Make("s1", net: 100)));
        await test.CommitAsync(Later, Change.Upsert("s1", Sales.Make("s1", net: 100, day: next)));

        Assert.Equal([100L], await NetsAsync(test, Sales.Day, Sales.Noon));
        Assert.Empty(await NetsAsync(test, next, Sales.Noon));
        Assert.Empty(await NetsAsync(test, Sales.Day, asOf: null));
        Assert.Equal([100L], await NetsAsync(test, next, asOf: null));
        Assert.Single(await test.SalesAsync(Sales.Day, next));
    }

    [Fact]
    public async Task A_sale_is_read_with_every_day_that_its_money_touches_but_once()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var refundDay = Sales.Day.AddDays(40);
        await test.CommitAsync(Sales.Make("s1") with { Refunds = [Sales.Refund("r1", 100, refundDay)] });

        Assert.Empty(await test.SalesAsync(refundDay));
        Assert.Single(await test.SalesAsync(refundDay, match: DayMatch.Touched));
        Assert.Single(await test.SalesAsync(Sales.Day, refundDay, match: DayMatch.Touched));
    }

    [Fact]
    public async Task A_reader_that_stops_early_leaves_the_store_usable()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.CommitAsync([.. Enumerable.Range(0, 50).Select(static i => Sales.Make($"s{i}"))]);

        for (var i = 0; i < 20; i++)
        {
            await foreach (var sale in test.Store.ReadSalesAsync(new SalesQuery(StoreUnderTest.Tenant, null, null, Sales.Day, Sales.Day, null), TestContext.Current.CancellationToken))
            {
                Assert.NotNull(sale);
                break;
            }
        }

        Assert.Equal(50, (await test.SalesAsync(Sales.Day)).Count);
        Assert.Equal(1, (await test.CommitAsync(Sales.Make("more"))).Inserted);
    }

    private static async Task<IEnumerable<long>> NetsAsync(StoreUnderTest test, DateOnly day, DateTimeOffset? asOf) =>
        (await test.SalesAsync(day, asOf: asOf)).Select(static entry => JsonSerializer.Deserialize(entry.Body.Span, CanonicalJson.Default.Sale)!.Net.Minor);
}

public sealed class SqliteVersionTests() : VersionTests(Engine.Sqlite);

public sealed class PostgresVersionTests() : VersionTests(Engine.Postgres);
