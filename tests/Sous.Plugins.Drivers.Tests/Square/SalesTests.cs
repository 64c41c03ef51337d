using System.Text.Json;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Simulators.Square;

namespace Sous.Plugins.Drivers.Tests.Square;

public sealed class SalesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_sale_of_every_location_comes_exactly_once_and_adds_up()
    {
        await using var kit = await SquareKit.StartAsync(2_500);
        foreach (var location in await kit.LocationsAsync())
        {
            var pages = await kit.SalesAsync(location);

            Assert.Equal(TruthOf(kit, location).OrderIds.Order(StringComparer.Ordinal), pages.Ids().Order(StringComparer.Ordinal));
            Assert.All(pages.Sales(), sale => Assert.Empty(sale.Warnings));
            Assert.All(pages.SelectMany(page => page.Changes), change => Assert.Equal(change.Id, JsonElement.Parse(change.Raw.Span).GetProperty("id").GetString()));
            Assert.Equal(SquareKit.Start, pages[^1].CompleteUntil);
        }

        Assert.Equal([kit.Square.Address.Authority], kit.Requests.Hosts);
    }

    [Fact]
    public async Task A_backfill_asks_for_lists_and_hardly_ever_for_single_records()
    {
        await using var kit = await SquareKit.StartAsync(2_500);
        var location = await kit.LocationAsync();
        kit.Requests.Clear();

        var sales = (await kit.SalesAsync(location)).Sales();

        var singles = kit.Requests.Calls.Count(call => call.StartsWith("GET /v2/payments/", StringComparison.Ordinal) || call.StartsWith("GET /v2/refunds/", StringComparison.Ordinal));
        Assert.InRange(singles, 0, sales.Count / 200);
        Assert.InRange(kit.Requests.Calls.Count, 1, 10 + (sales.Count / 40));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    public async Task Every_business_day_of_every_location_ties_out(int dayStart)
    {
        // A month holds the days on which clocks change in New York and Berlin.
        await using var kit = await SquareKit.StartAsync(900, new SquareSimulatorOptions { Days = 30 });
        foreach (var found in await kit.LocationsAsync())
        {
            var location = found with { BusinessDayStart = TimeSpan.FromHours(dayStart) };
            var sales = (await kit.SalesAsync(location)).Sales();
            var payments = sales.SelectMany(sale => sale.Payments).Where(p => p.Status == PaymentStatus.Completed).ToLookup(p => p.BusinessDate);
            var refunds = sales.SelectMany(sale => sale.Refunds).Where(r => r.Status == RefundStatus.Completed).ToLookup(r => r.BusinessDate);
            var days = kit.Square.Truth.Days(location.Ref.Id, TimeSpan.FromHours(dayStart));

            Assert.Equal(days.Select(day => day.Day), payments.Select(p => p.Key).Union(refunds.Select(r => r.Key)).Order());
            foreach (var day in days)
            {
                var summed = new SquareDayTruth(day.Day, payments[day.Day].Count(), payments[day.Day].Sum(p => p.Amount.Minor), payments[day.Day].Sum(p => p.Tip.Minor),
                    refunds[day.Day].Count(), refunds[day.Day].Sum(r => r.Amount.Minor));
                Assert.Equal(day, summed);
                var totals = await kit.Driver.ReadDayTotalsAsync(location, day.Day, Token);
                Assert.Equal(day, new SquareDayTruth(day.Day, totals.PaymentCount!.Value, totals.Payments!.Value.Minor, totals.Tips!.Value.Minor, totals.RefundCount!.Value, totals.Refunds!.Value.Minor));
                Assert.Equal(("payments and refunds listed", null, null, null), (totals.Source, totals.Gross, totals.Net, totals.Tax));
            }

            Assert.Equal(
                kit.Square.Truth.TotalsByDay(location.Ref.Id, TimeSpan.FromHours(dayStart)).OrderBy(day => day.Key),
                sales.Where(s => s.Status == SaleStatus.Closed).GroupBy(s => s.BusinessDate).Select(day => KeyValuePair.Create(day.Key, day.Sum(s => s.Total.Minor))).OrderBy(day => day.Key));
            Assert.All(sales, sale => Assert.Equal(sale.Refunds.Where(r => r.Status == RefundStatus.Completed).Sum(r => r.Amount.Minor), sale.Refunded.Minor));
        }
    }

    [Fact]
    public async Task Sales_returns_and_exchanges_are_told_apart_and_name_the_sale_that_they_are_from()
    {
        await using var kit = await SquareKit.StartAsync(2_500);
        foreach (var location in await kit.LocationsAsync())
        {
            var sales = (await kit.SalesAsync(location)).Sales().ToDictionary(s => s.Ref.Id);
            var back = sales.Values.Where(s => s.Kind != SaleKind.Sale).ToList();

            Assert.Equal([SaleKind.Return, SaleKind.Exchange], back.Select(s => s.Kind).Distinct().Order());
            Assert.All(sales.Values, s => Assert.Equal(s.Kind == SaleKind.Sale, s.OriginalSaleId is null));
            Assert.All(back, s => Assert.Equal(SaleKind.Sale, sales[s.OriginalSaleId!].Kind));
            Assert.All(back, s => Assert.Equal(s.Kind == SaleKind.Exchange, s.Lines.Any(l => l.Gross.Minor > 0)));
            Assert.All(back.Where(s => s.Lines.Count > 0), s => Assert.Contains(s.Lines, l => l is { Quantity: < 0, Gross.Minor: < 0 }));
            // What an exchange cost more was paid with it, what it cost less was given back of its sale.
            Assert.All(back.Where(s => s.Kind == SaleKind.Exchange), s => Assert.Equal(s.Total.Minor, s.Payments.Sum(p => p.Amount.Minor) - GivenBack(sales[s.OriginalSaleId!], s)));
        }

        static long GivenBack(Sale sold, Sale exchange) => exchange.Payments.Count > 0 ? 0 : sold.Refunded.Minor;
    }

    [Theory]
    [InlineData(500)]
    [InlineData(501)]
    [InlineData(1000)]
    [InlineData(1001)]
    public async Task A_last_page_that_is_full_is_not_taken_for_a_broken_one(int orders)
    {
        await using var kit = await SquareKit.StartAsync(0);
        for (var i = 0; i < orders; i++)
        {
            kit.Square.Changes.AddOrder(SquareKit.NewYork);
            kit.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        var pages = await kit.SalesAsync(await kit.LocationAsync());

        Assert.Equal(orders, pages.Ids().Distinct().Count());
        Assert.Equal(orders, pages.Ids().Count);
    }

    [Fact]
    public async Task A_range_gives_what_changed_within_it_and_nothing_else()
    {
        await using var kit = await SquareKit.StartAsync(900);
        var location = await kit.LocationAsync();
        var all = (await kit.SalesAsync(location)).Sales();
        var range = new InstantRange(SquareKit.Start.AddDays(-20), SquareKit.Start.AddDays(-10));

        var pages = await kit.SalesAsync(kit.Request(location) with { Range = range, Bounded = true });

        var ids = pages.Ids().ToHashSet();
        Assert.All(all.Where(s => s.ModifiedAt >= range.From && s.ModifiedAt < range.To), sale => Assert.Contains(sale.Ref.Id, ids));
        Assert.All(all.Where(s => s.ModifiedAt < range.From || s.OpenedAt >= range.To), sale => Assert.DoesNotContain(sale.Ref.Id, ids));
        Assert.Empty(await kit.SalesAsync(kit.Request(location, pages.End()) with { Range = range, Bounded = true }));
    }

    [Cases(6)]
    public bool Whatever_the_seed_no_sale_fails_to_add_up(int seed) => AddsUpAsync(seed).GetAwaiter().GetResult();

    [Fact]
    public async Task A_sync_that_its_caller_leaves_asks_for_no_more_than_one_page_ahead()
    {
        await using var kit = await SquareKit.StartAsync(2_000);
        var location = await kit.LocationAsync();
        await foreach (var page in kit.Driver.FetchSalesAsync(kit.Request(location, null, 20), Token))
        {
            Assert.Equal(20, page.Changes.Count);
            break;
        }

        Assert.InRange(kit.Requests.Calls.Count(call => call.StartsWith("POST /v2/orders/search", StringComparison.Ordinal)), 1, 2);
    }

    private static SquareLocationTruth TruthOf(SquareKit kit, Location location) => kit.Square.Truth.Locations.Single(l => l.Id == location.Ref.Id);

    private static async Task<bool> AddsUpAsync(int seed)
    {
        await using var kit = await SquareKit.StartAsync(200, new SquareSimulatorOptions { Seed = seed });
        foreach (var location in await kit.LocationsAsync())
        {
            var sales = (await kit.SalesAsync(location)).Sales();
            Assert.All(sales, sale => Assert.Empty(sale.Warnings));
            Assert.Equal(
                sales.Where(s => s.Status == SaleStatus.Closed && s.Total.Minor > 0).Sum(s => s.Total.Minor),
                sales.Where(s => s.Status == SaleStatus.Closed).SelectMany(s => s.Payments).Where(p => p.Status == PaymentStatus.Completed).Sum(p => p.Amount.Minor + p.Tip.Minor));
        }

        return true;
    }
}
