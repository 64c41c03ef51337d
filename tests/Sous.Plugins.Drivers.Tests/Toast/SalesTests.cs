using System.Text.Json;
using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Toast;

namespace Sous.Plugins.Drivers.Tests.Toast;

public sealed class SalesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_sale_of_every_restaurant_comes_exactly_once_and_adds_up(bool gratuityInTotal)
    {
        await using var kit = await ToastKit.StartAsync(1_500, new ToastSimulatorOptions { GratuityInTotal = gratuityInTotal });
        foreach (var location in await kit.LocationsAsync())
        {
            var pages = await kit.SalesAsync(location);

            Assert.Equal(kit.TruthOf(location.Ref.Id).OrderIds.Order(StringComparer.Ordinal), pages.Ids().Order(StringComparer.Ordinal));
            Assert.All(pages.Sales(), sale => Assert.Empty(sale.Warnings));
            Assert.All(pages.SelectMany(page => page.Changes), change => Assert.Equal(change.Id, JsonElement.Parse(change.Raw.Span).GetProperty("guid").GetString()));
            Assert.Equal(kit.Clock.GetUtcNow(), pages[^1].CompleteUntil);
            Assert.All(pages.Sales(), sale => Assert.Equal(BusinessDateSource.Service, sale.DateSource));
        }

        Assert.Equal([kit.Toast.Address.Authority], kit.Requests.Hosts);
    }

    [Theory]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(101)]
    [InlineData(501)]
    [InlineData(1_000)]
    public async Task A_page_that_is_full_is_never_taken_for_the_end(int orders)
    {
        await using var kit = await ToastKit.StartAsync(0);
        await SellAsync(kit, orders, TimeSpan.FromSeconds(1));

        var pages = await kit.SalesAsync(await kit.LocationAsync());

        Assert.Equal(orders, pages.Ids().Count);
        Assert.Equal(orders, pages.Ids().Distinct().Count());
    }

    [Fact]
    public async Task Ten_thousand_and_one_orders_all_come_at_two_requests_a_page()
    {
        await using var kit = await ToastKit.StartAsync(0);
        await SellAsync(kit, 10_001, TimeSpan.FromSeconds(30));
        var location = await kit.LocationAsync();
        kit.Requests.Clear();

        var pages = await kit.SalesAsync(location);

        Assert.Equal(kit.TruthOf(kit.Boston).OrderIds.Order(StringComparer.Ordinal), pages.Ids().Order(StringComparer.Ordinal));
        Assert.InRange(kit.Requests.Calls.Count(call => call.Contains("ordersBulk", StringComparison.Ordinal)), 101, 220);
        Assert.DoesNotContain(kit.Requests.Calls, call => call.Contains("&page=2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task More_orders_than_a_page_holds_may_change_in_one_instant()
    {
        await using var kit = await ToastKit.StartAsync(0);
        await SellAsync(kit, 250, TimeSpan.Zero);

        var pages = await kit.SalesAsync(await kit.LocationAsync());

        Assert.Equal(250, pages.Ids().Distinct().Count());
        Assert.All(pages, page => Assert.InRange(page.Changes.Count, 0, 100));
    }

    [Theory]
    [InlineData(nameof(Chaos.IgnoreSortOrder))]
    [InlineData(nameof(Chaos.RepeatCursor))]
    [InlineData(nameof(Chaos.CursorStandsStill))]
    [InlineData(nameof(Chaos.DropCursor))]
    public async Task Pages_in_any_order_repeated_pages_and_missing_links_lose_nothing(string trouble)
    {
        await using var kit = await ToastKit.StartAsync(0);
        await SellAsync(kit, 501, TimeSpan.FromSeconds(7));
        kit.Toast.Chaos = Broken(trouble);

        var pages = await kit.SalesAsync(await kit.LocationAsync());

        Assert.Equal(501, pages.Ids().Distinct().Count());
        Assert.Equal(501, pages.Ids().Count);
    }

    [Theory]
    [InlineData(nameof(Chaos.RepeatCursor))]
    [InlineData(nameof(Chaos.CursorStandsStill))]
    public async Task Repeated_pages_that_cannot_be_gone_around_stop_the_sync(string trouble)
    {
        await using var kit = await ToastKit.StartAsync(0);
        await SellAsync(kit, 350, TimeSpan.Zero);
        kit.Toast.Chaos = Broken(trouble);
        var location = await kit.LocationAsync();

        var failure = await Assert.ThrowsAsync<DriverException>(() => kit.SalesAsync(location));

        Assert.Equal(FailureKind.Transient, failure.Kind);
        Assert.Contains("came on two pages", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_order_that_changes_during_the_walk_pushes_no_other_out_of_it()
    {
        await using var kit = await ToastKit.StartAsync(0);
        await SellAsync(kit, 450, TimeSpan.FromSeconds(20));
        var (location, ids, asked) = (await kit.LocationAsync(), kit.TruthOf(kit.Boston).OrderIds, 0);
        kit.Clock.Advance(TimeSpan.FromMinutes(1));
        kit.Requests.Before = (request, _) =>
        {
            if (request.RequestUri!.AbsolutePath.EndsWith("ordersBulk", StringComparison.Ordinal))
            {
                kit.Clock.Advance(TimeSpan.FromMilliseconds(10));
                kit.Toast.Changes.AdjustTip(ids[asked++ % ids.Count], 100 + asked);
            }

            return Task.CompletedTask;
        };

        var pages = await kit.SalesAsync(kit.Request(location));
        kit.Requests.Before = null;
        kit.Clock.Advance(TimeSpan.FromMinutes(15));
        pages.AddRange(await kit.SalesAsync(location, pages.End()));

        Assert.True(asked > 4);
        Assert.Equal(ids.Order(StringComparer.Ordinal), pages.Ids().Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_window_that_was_broken_off_days_ago_is_ended_and_the_present_reached()
    {
        await using var kit = await ToastKit.StartAsync(200, new ToastSimulatorOptions { Days = 30 });
        var location = await kit.LocationAsync();
        var first = await kit.SalesAsync(location, null, 20);
        kit.Clock.Advance(TimeSpan.FromDays(3));
        var late = kit.Toast.Changes.AddOrder(kit.Boston);

        var rest = await kit.SalesAsync(location, first[1].Next, 20);

        Assert.Contains(late, rest.Ids());
        Assert.Equal([ToastKit.Start.AddMilliseconds(10), kit.Clock.GetUtcNow()], rest.Select(page => page.CompleteUntil).OfType<DateTimeOffset>());
        Assert.Equal(kit.TruthOf(kit.Boston).OrderIds.Count, first.Take(2).Concat(rest).Ids().Distinct().Count());
    }

    [Fact]
    public async Task A_refund_or_void_that_leaves_no_trace_on_its_order_is_found_within_a_day()
    {
        await using var kit = await ToastKit.StartAsync(0);
        var orders = await SellAsync(kit, 3, TimeSpan.FromHours(3));
        var location = await kit.LocationAsync();
        var first = await kit.SalesAsync(location);
        kit.Clock.Advance(TimeSpan.FromDays(5));
        kit.Toast.Changes.RefundOrder(orders[0], 100, seen: false);
        kit.Toast.Changes.VoidPayment(orders[1], seen: false);

        var second = await kit.SalesAsync(location, first.End());
        kit.Clock.Advance(TimeSpan.FromHours(1));
        var third = await kit.SalesAsync(location, second.End());
        kit.Clock.Advance(TimeSpan.FromHours(24));
        var fourth = await kit.SalesAsync(location, third.End());

        Assert.Equal(orders.Take(2).Order(), second.Ids().Order());
        Assert.Empty(third.Ids());
        Assert.Equal(orders.Take(2).Order(), fourth.Ids().Order());
        var refunded = second.Sales().Single(sale => sale.Ref.Id == orders[0]);
        Assert.Equal((100, new DateOnly(2025, 11, 25)), (refunded.Refunded.Minor, refunded.Refunds[0].BusinessDate));
        Assert.NotEqual(refunded.BusinessDate, refunded.Refunds[0].BusinessDate);
        Assert.Equal(PaymentStatus.Voided, second.Sales().Single(sale => sale.Ref.Id == orders[1]).Payments[0].Status);
        Assert.Equal(second.Texts(), fourth.Texts());
    }

    [Fact]
    public async Task Whatever_happens_to_an_order_makes_it_come_again_and_in_its_latest_state()
    {
        await using var kit = await ToastKit.StartAsync(0);
        var location = await kit.LocationAsync();
        var order = kit.Toast.Changes.AddOpenOrder(kit.Boston);
        var pages = await kit.SalesAsync(location);
        var states = new List<SaleStatus> { pages.Sales()[^1].Status };
        foreach (var change in (Action<string>[])[kit.Toast.Changes.EditOrder, kit.Toast.Changes.PayOrder, o => kit.Toast.Changes.RefundOrder(o), kit.Toast.Changes.VoidOrder])
        {
            kit.Clock.Advance(TimeSpan.FromMinutes(20));
            change(order);
            pages = await kit.SalesAsync(location, pages.End());
            var sale = Assert.Single(pages.Sales());
            Assert.Empty(sale.Warnings);
            states.Add(sale.Status);
        }

        Assert.Equal([SaleStatus.Open, SaleStatus.Open, SaleStatus.Closed, SaleStatus.Closed, SaleStatus.Voided], states);
        kit.Clock.Advance(TimeSpan.FromMinutes(20));
        var dropped = kit.Toast.Changes.AddOpenOrder(kit.Boston);
        kit.Toast.Changes.DeleteOrder(dropped);
        Assert.Equal(SaleStatus.Deleted, (await kit.SalesAsync(location, pages.End())).Sales().Single(sale => sale.Ref.Id == dropped).Status);
    }

    [Fact]
    public async Task A_range_gives_what_changed_within_it_and_nothing_else()
    {
        await using var kit = await ToastKit.StartAsync(600);
        var location = await kit.LocationAsync();
        var all = (await kit.SalesAsync(location)).Sales();
        var range = new InstantRange(ToastKit.Start.AddDays(-60), ToastKit.Start.AddDays(-10));

        var pages = await kit.SalesAsync(kit.Request(location) with { Range = range, Bounded = true });

        Assert.Equal(
            all.Where(sale => sale.ModifiedAt >= range.From && sale.ModifiedAt < range.To).Select(sale => sale.Ref.Id).Order(StringComparer.Ordinal),
            pages.Sales().Where(sale => sale.ModifiedAt < range.To).Select(sale => sale.Ref.Id).Order(StringComparer.Ordinal));
        Assert.Empty(await kit.SalesAsync(kit.Request(location, pages.End()) with { Range = range, Bounded = true }));
    }

    [Cases(6)]
    public bool Whatever_the_seed_no_sale_fails_to_add_up(int seed) => AddsUpAsync(seed).GetAwaiter().GetResult();

    private static async Task<bool> AddsUpAsync(int seed)
    {
        await using var kit = await ToastKit.StartAsync(250, new ToastSimulatorOptions { Seed = seed });
        foreach (var location in await kit.LocationsAsync())
        {
            var sales = (await kit.SalesAsync(location)).Sales();
            Assert.All(sales, sale => Assert.Empty(sale.Warnings));
            Assert.All(sales.Where(s => s.Status == SaleStatus.Closed && s.Payments.All(p => p.Status == PaymentStatus.Completed)), sale =>
                Assert.Equal(sale.Total.Minor, sale.Payments.Sum(p => p.Amount.Minor + p.Tip.Minor)));
        }

        return true;
    }

    private static async Task<List<string>> SellAsync(ToastKit kit, int orders, TimeSpan apart)
    {
        var made = new List<string>();
        for (var i = 0; i < orders; i++)
        {
            made.Add(kit.Toast.Changes.AddOrder(kit.Boston));
            kit.Clock.Advance(apart);
        }

        await Task.Yield();
        return made;
    }

    private static Chaos Broken(string trouble) => new()
    {
        PathPrefix = "/orders/",
        IgnoreSortOrder = trouble == nameof(Chaos.IgnoreSortOrder),
        RepeatCursor = trouble == nameof(Chaos.RepeatCursor),
        CursorStandsStill = trouble == nameof(Chaos.CursorStandsStill),
        DropCursor = trouble == nameof(Chaos.DropCursor),
    };
}
