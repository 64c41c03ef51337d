using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Simulators.Square;

namespace Sous.Plugins.Drivers.Tests.Square;

/// <summary>What happens at the merchant after, between and during syncs.</summary>
public sealed class SalesChangesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sync_after_a_quiet_hour_hands_over_nothing_and_still_moves_on()
    {
        await using var kit = await SquareKit.StartAsync(300);
        var location = await kit.LocationAsync();
        var first = await kit.SalesAsync(location);
        kit.Clock.Advance(TimeSpan.FromHours(1));

        var second = await kit.SalesAsync(location, first.End());

        Assert.Empty(second.Ids());
        Assert.NotEqual(first.End(), second.End());
        Assert.Equal(kit.Clock.GetUtcNow(), second[^1].CompleteUntil);
    }

    [Fact]
    public async Task A_new_order_comes_and_its_fee_makes_it_come_again_though_the_order_did_not_change()
    {
        await using var kit = await SquareKit.StartAsync(300);
        var location = await kit.LocationAsync();
        var first = await kit.SalesAsync(location);
        kit.Clock.Advance(TimeSpan.FromMinutes(15));
        var id = kit.Square.Changes.AddLateOrder(SquareKit.NewYork, TimeSpan.Zero);
        kit.Clock.Advance(TimeSpan.FromMinutes(5));
        var second = await kit.SalesAsync(location, first.End());
        kit.Clock.Advance(TimeSpan.FromMinutes(30));
        kit.Square.Changes.AddProcessingFee(kit.Square.Changes.PaymentsOf(id)[0]);
        kit.Clock.Advance(TimeSpan.FromMinutes(5));

        var third = await kit.SalesAsync(location, second.End());

        Assert.Equal([id], second.Ids());
        Assert.Equal([id], third.Ids());
        Assert.NotNull(Assert.Single(Assert.Single(third.Sales()).Payments).Fee);
    }

    [Fact]
    public async Task A_late_refund_comes_with_the_sale_that_it_belongs_to_and_is_counted_once()
    {
        await using var kit = await SquareKit.StartAsync(300);
        var location = await kit.LocationAsync();
        var first = await kit.SalesAsync(location);
        var sold = first.Sales().First(s => s is { Status: SaleStatus.Closed, Kind: SaleKind.Sale } && s.Refunds.Count == 0 && s.Payments.Any(p => p.Status == PaymentStatus.Completed));
        kit.Clock.Advance(TimeSpan.FromHours(2));
        var back = kit.Square.Changes.RefundOrder(sold.Ref.Id);
        kit.Clock.Advance(TimeSpan.FromMinutes(1));

        var second = await kit.SalesAsync(location, first.End());

        Assert.Equal(new[] { sold.Ref.Id, back }.Order(), second.Ids().Order());
        var (again, returned) = (second.Sales().Single(s => s.Ref.Id == sold.Ref.Id), second.Sales().Single(s => s.Ref.Id == back));
        Assert.Equal(sold.Total, again.Refunded);
        Assert.Equal(sold.Total, again.Total);
        Assert.Equal(sold.Total.Minor, again.Refunds.Sum(r => r.Amount.Minor));
        Assert.All(again.Refunds, refund => Assert.Equal(sold.Ref.Id, refund.SaleId));
        Assert.Equal((SaleKind.Return, sold.Ref.Id, 0, 0, 0), (returned.Kind, returned.OriginalSaleId, returned.Refunds.Count, returned.Payments.Count, returned.Refunded.Minor));
        Assert.Equal(-sold.Total, returned.Total);
        Assert.Equal(-sold.Net, returned.Net);
        Assert.All(sold.Lines, line => Assert.Null(line.Refunded));
        Assert.All(again.Lines, line => Assert.Equal(line.Net + line.Tax, line.Refunded));
        Assert.All(returned.Lines, line => Assert.Null(line.Refunded));
    }

    [Fact]
    public async Task What_was_sold_keeps_the_names_that_it_was_sold_under()
    {
        await using var kit = await SquareKit.StartAsync(300);
        var location = await kit.LocationAsync();
        var sales = await kit.SalesAsync(location);
        var sold = sales.Sales().First(s => s is { Status: SaleStatus.Closed, Kind: SaleKind.Sale } && s.Refunds.Count == 0 && s.Payments.Any(p => p.Status == PaymentStatus.Completed));
        kit.Clock.Advance(TimeSpan.FromHours(2));
        foreach (var item in kit.Square.Changes.ItemIds)
        {
            kit.Square.Changes.RenameItem(item, "Another dish");
        }

        kit.Square.Changes.RefundOrder(sold.Ref.Id);
        kit.Clock.Advance(TimeSpan.FromMinutes(1));

        var again = (await kit.SalesAsync(location, sales.End())).Sales().Single(s => s.Ref.Id == sold.Ref.Id);
        Assert.NotEmpty(sold.Lines);
        Assert.Equal(sold.Lines.Select(static line => line.Name), again.Lines.Select(static line => line.Name));
    }

    [Theory]
    [InlineData("PENDING")]
    [InlineData("REJECTED")]
    [InlineData("FAILED")]
    public async Task Of_a_line_nothing_is_given_back_before_its_refund_is_completed(string status)
    {
        await using var kit = await SquareKit.StartAsync(0);
        var id = kit.Square.Changes.AddOrder(SquareKit.NewYork);
        kit.Clock.Advance(TimeSpan.FromMinutes(1));
        kit.Square.Changes.RefundOrder(id, status: status);
        kit.Clock.Advance(TimeSpan.FromMinutes(1));

        var sale = (await kit.SalesAsync(await kit.LocationAsync())).Sales().Single(s => s.Ref.Id == id);

        Assert.NotEmpty(sale.Refunds);
        Assert.All(sale.Lines, line => Assert.Null(line.Refunded));
        Assert.Equal(0, sale.Refunded.Minor);
    }

    [Theory]
    [InlineData(500_00, true, false)]
    [InlineData(1, false, true)]
    public async Task An_exchange_comes_with_what_it_cost_more_or_has_its_sale_come_with_what_it_cost_less(long price, bool paid, bool refunded)
    {
        await using var kit = await SquareKit.StartAsync(0);
        var location = await kit.LocationAsync();
        var id = kit.Square.Changes.AddOrder(SquareKit.NewYork);
        kit.Clock.Advance(TimeSpan.FromMinutes(10));
        var first = await kit.SalesAsync(location);
        kit.Clock.Advance(TimeSpan.FromHours(20));
        var exchangeId = kit.Square.Changes.ExchangeOrder(id, price);
        kit.Clock.Advance(TimeSpan.FromMinutes(1));

        var second = await kit.SalesAsync(location, first.End());

        var (sold, exchange) = (first.Sales().Single(), second.Sales().Single(s => s.Ref.Id == exchangeId));
        Assert.Equal((SaleKind.Exchange, id, SaleStatus.Closed), (exchange.Kind, exchange.OriginalSaleId, exchange.Status));
        Assert.Equal([price, -sold.Lines[0].Gross.Minor], exchange.Lines.Select(l => l.Gross.Minor));
        Assert.Equal((price - sold.Lines[0].Net.Minor, sold.BusinessDate.AddDays(1)), (exchange.Net.Minor, exchange.BusinessDate));
        Assert.Equal(paid ? exchange.Total.Minor : 0, exchange.Payments.Sum(p => p.Amount.Minor));
        Assert.Empty(exchange.Warnings);
        Assert.Equal(refunded, second.Ids().Contains(id));
        if (refunded)
        {
            var again = second.Sales().Single(s => s.Ref.Id == id);
            Assert.Equal((-exchange.Total, sold.Lines[0].Net + sold.Lines[0].Tax), (again.Refunded, again.Lines[0].Refunded));
        }
    }

    [Fact]
    public async Task A_payment_older_than_a_year_is_seen_to_change()
    {
        await using var kit = await SquareKit.StartAsync(300, new SquareSimulatorOptions { Days = 500 });
        var location = await kit.LocationAsync();
        var first = await kit.SalesAsync(kit.Request(location) with { Range = new(SquareKit.Start.AddDays(-600), SquareKit.Start) });
        var oldest = first.Sales().Where(s => s.Payments.Count > 0 && s is { Status: SaleStatus.Closed, Refunds.Count: 0 }).MinBy(s => s.OpenedAt)!;
        Assert.True(oldest.OpenedAt < SquareKit.Start.AddDays(-400));
        kit.Clock.Advance(TimeSpan.FromHours(1));
        kit.Square.Changes.AddProcessingFee(oldest.Payments[0].Ref.Id);

        var second = await kit.SalesAsync(location, first.End());

        Assert.Equal([oldest.Ref.Id], second.Ids());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(72)]
    public async Task An_order_taken_offline_is_found_when_it_arrives(int hours)
    {
        await using var kit = await SquareKit.StartAsync(300);
        var location = await kit.LocationAsync();
        var first = await kit.SalesAsync(location);
        kit.Clock.Advance(TimeSpan.FromHours(1));
        var late = kit.Square.Changes.AddLateOrder(SquareKit.NewYork, TimeSpan.FromHours(hours));

        var second = await kit.SalesAsync(location, first.End());

        Assert.Equal([late], second.Ids());
        Assert.Equal(kit.Clock.GetUtcNow().AddHours(-hours), second.Sales()[0].OpenedAt);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(48)]
    [InlineData(72)]
    public async Task An_order_taken_offline_is_found_within_a_day_where_even_its_time_of_change_is_old(int hours)
    {
        await using var kit = await SquareKit.StartAsync(300);
        var location = await kit.LocationAsync();
        var pages = await kit.SalesAsync(location);
        kit.Clock.Advance(TimeSpan.FromMinutes(10));
        var late = kit.Square.Changes.AddLateOrderOfOldChange(SquareKit.NewYork, TimeSpan.FromHours(hours));
        var known = pages.Count;
        for (var hour = 0; hour < 24; hour++)
        {
            kit.Clock.Advance(TimeSpan.FromHours(1));
            pages.AddRange(await kit.SalesAsync(location, pages.End()));
        }

        var sale = Assert.Single(pages.Skip(known).ToList().Sales(), s => s.Ref.Id == late);
        Assert.Equal((kit.Clock.GetUtcNow().AddHours(-24 - hours), 1), (sale.OpenedAt, sale.Payments.Count));
        Assert.Equal((await kit.SalesAsync(location)).Texts()[late], pages.Texts()[late]);
    }

    [Fact]
    public async Task An_order_that_changes_during_the_sync_is_not_lost()
    {
        await using var kit = await SquareKit.StartAsync(500);
        var open = kit.Square.Changes.AddOpenOrder(SquareKit.NewYork);
        var location = await kit.LocationAsync();
        kit.Clock.Advance(TimeSpan.FromMinutes(1));
        var pages = new List<Sdk.SyncPage<Sale>>();
        await foreach (var page in kit.Driver.FetchSalesAsync(kit.Request(location, null, 25), Token))
        {
            if (pages.Count == 0)
            {
                kit.Clock.Advance(TimeSpan.FromMinutes(1));
                kit.Square.Changes.PayOrder(open);
            }

            pages.Add(page);
        }

        kit.Clock.Advance(TimeSpan.FromMinutes(15));
        pages.AddRange(await kit.SalesAsync(location, pages.End(), 25));

        var paid = pages.Sales().Last(sale => sale.Ref.Id == open);
        Assert.Equal((SaleStatus.Closed, 1), (paid.Status, paid.Payments.Count));
        Assert.Equal(kit.Square.Truth.Locations.Single(l => l.Id == SquareKit.NewYork).OrderIds.Order(), pages.Ids().Distinct().Order());
    }

    [Fact]
    public async Task Syncs_every_quarter_of_an_hour_end_with_what_one_sync_at_the_end_gives()
    {
        await using var kit = await SquareKit.StartAsync(200, new SquareSimulatorOptions { ListingLag = TimeSpan.FromSeconds(20) });
        var location = await kit.LocationAsync(SquareKit.LosAngeles);
        var pages = await kit.SalesAsync(location);
        var ids = new List<string>();
        for (var quarter = 0; quarter < 110; quarter++)
        {
            Happen(kit, quarter, ids);
            kit.Clock.Advance(TimeSpan.FromMinutes(14.9));
            // Within the listings' lag, so that this sync cannot see it; the sale itself changed long before.
            kit.Square.Changes.AddProcessingFee(kit.Square.Changes.PaymentsOf(ids[Math.Max(0, ids.Count - 4)]).FirstOrDefault(kit.Square.Changes.PaymentsOf(ids[0])[0]));
            kit.Clock.Advance(TimeSpan.FromMinutes(0.1));
            pages.AddRange(await kit.SalesAsync(location, pages.End()));
        }

        kit.Clock.Advance(TimeSpan.FromMinutes(15));
        pages.AddRange(await kit.SalesAsync(location, pages.End()));

        Assert.Equal((await kit.SalesAsync(location)).Texts(), pages.Texts());
    }

    [Fact]
    public async Task A_closed_location_is_discovered_as_such_and_its_sales_are_handed_over()
    {
        await using var kit = await SquareKit.StartAsync(500);

        var closed = Assert.Single(await kit.LocationsAsync(), location => !location.Active);

        Assert.NotEmpty((await kit.SalesAsync(closed)).Ids());
    }

    [Fact]
    public async Task A_day_on_which_clocks_change_holds_all_25_hours_of_its_sales()
    {
        await using var kit = await SquareKit.StartAsync(0);
        var day = new DateOnly(2025, 11, 2);
        var location = await kit.LocationAsync();
        // 30 minutes after it began, the hour that comes twice, 30 minutes before it ended, and either side of it.
        DateTimeOffset[] times = [new(2025, 11, 2, 4, 30, 0, TimeSpan.Zero), new(2025, 11, 2, 5, 30, 0, TimeSpan.Zero), new(2025, 11, 2, 6, 30, 0, TimeSpan.Zero), new(2025, 11, 3, 4, 30, 0, TimeSpan.Zero), new(2025, 11, 2, 3, 30, 0, TimeSpan.Zero), new(2025, 11, 3, 5, 30, 0, TimeSpan.Zero)];
        foreach (var time in times)
        {
            kit.Square.Changes.AddLateOrder(SquareKit.NewYork, kit.Clock.GetUtcNow() - time);
        }

        var sales = (await kit.SalesAsync(location)).Sales();
        var totals = await kit.Driver.ReadDayTotalsAsync(location, day, Token);

        Assert.Equal(times[..4].Order(), sales.Where(s => s.BusinessDate == day).Select(s => s.OpenedAt).Order());
        Assert.Equal(4, totals.PaymentCount);
    }

    private static void Happen(SquareKit kit, int quarter, List<string> ids)
    {
        var changes = kit.Square.Changes;
        switch (quarter % 7)
        {
            case 0 or 3:
                ids.Add(changes.AddOrder(SquareKit.LosAngeles));
                break;
            case 1:
                ids.Add(changes.AddOpenOrder(SquareKit.LosAngeles));
                break;
            case 2:
                changes.PayOrder(ids[^1]);
                break;
            case 4:
                changes.AddLateOrder(SquareKit.LosAngeles, TimeSpan.FromHours(1 + (quarter % 70)));
                break;
            case 5:
                changes.RefundOrder(ids[quarter % ids.Count], 1 + (quarter % 3), quarter % 2 == 0 ? "PENDING" : "COMPLETED");
                break;
            default:
                break;
        }
    }
}
