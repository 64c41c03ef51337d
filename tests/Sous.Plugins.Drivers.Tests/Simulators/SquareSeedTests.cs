using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Simulators.Square;

namespace Sous.Plugins.Drivers.Tests.Simulators;

public sealed class SquareSeedTests(SquareFixture square) : IClassFixture<SquareFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_same_seed_and_clock_serve_the_same_bytes_and_another_seed_does_not()
    {
        var first = await BytesAsync(seed: 5);

        Assert.Equal(first, await BytesAsync(seed: 5));
        Assert.NotEqual(first, await BytesAsync(seed: 6));
    }

    [Fact]
    public async Task Every_order_adds_up()
    {
        var orders = await square.Caller.AllOrdersAsync(SquareFixture.Locations);

        Assert.All(orders, SquareMoney.CheckOrder);
    }

    [Fact]
    public async Task Every_tender_is_its_payment_with_the_tip_inside()
    {
        var orders = await square.Caller.AllOrdersAsync(SquareFixture.Locations);
        var payments = (await square.Caller.AllPaymentsAsync(SquareFixture.Locations)).ToDictionary(p => p.GetProperty("id").GetString()!);

        var tenders = orders.SelectMany(o => SquareMoney.List(o, "tenders").Select(tender => (Order: o, Tender: tender))).ToList();
        Assert.NotEmpty(tenders);
        Assert.All(tenders, pair =>
        {
            var payment = payments[pair.Tender.GetProperty("payment_id").GetString()!];
            Assert.Equal(pair.Tender.GetProperty("id").GetString(), payment.GetProperty("id").GetString());
            Assert.Equal(pair.Order.GetProperty("id").GetString(), payment.GetProperty("order_id").GetString());
            Assert.Equal(SquareMoney.Of(pair.Tender, "amount_money"), SquareMoney.Of(payment, "total_money"));
            Assert.Equal(SquareMoney.Of(payment, "total_money"), SquareMoney.Of(payment, "amount_money") + SquareMoney.Of(payment, "tip_money"));
        });
    }

    [Fact]
    public async Task Every_refund_belongs_to_a_return_order_and_a_payment_that_knows_it()
    {
        var refunds = await square.Caller.AllRefundsAsync();
        var orders = (await square.Caller.AllOrdersAsync(SquareFixture.Locations)).ToDictionary(o => o.GetProperty("id").GetString()!);
        var payments = (await square.Caller.AllPaymentsAsync(SquareFixture.Locations)).ToDictionary(p => p.GetProperty("id").GetString()!);

        Assert.NotEmpty(refunds);
        Assert.All(refunds, refund =>
        {
            var payment = payments[refund.GetProperty("payment_id").GetString()!];
            var order = orders[refund.GetProperty("order_id").GetString()!];
            Assert.Equal(payment.GetProperty("order_id").GetString(), order.GetProperty("returns")[0].GetProperty("source_order_id").GetString());
            Assert.Contains(refund.GetProperty("id").GetString(), SquareMoney.List(payment, "refund_ids").Select(id => id.GetString()));
            Assert.True(payment.GetProperty("updated_at").GetDateTimeOffset() >= refund.GetProperty("updated_at").GetDateTimeOffset());
            Assert.True(SquareMoney.Of(payment, "refunded_money") <= SquareMoney.Of(payment, "total_money"));
        });
    }

    [Fact]
    public async Task Every_story_is_told()
    {
        var orders = await square.Caller.AllOrdersAsync(SquareFixture.Locations);
        var payments = await square.Caller.AllPaymentsAsync(SquareFixture.Locations);

        Assert.Equal(["CANCELED", "COMPLETED", "OPEN"], orders.Select(o => o.GetProperty("state").GetString()).Distinct().Order());
        Assert.Equal(["CANCELED", "COMPLETED", "FAILED"], payments.Select(p => p.GetProperty("status").GetString()).Distinct().Order());
        Assert.Equal(["CARD", "CASH", "EXTERNAL", "WALLET"], payments.Select(p => p.GetProperty("source_type").GetString()).Distinct().Order());
        Assert.Equal(["EUR", "JPY", "USD"], orders.Select(o => o.GetProperty("total_money").GetProperty("currency").GetString()).Distinct().Order());
        Assert.Contains(orders, o => SquareMoney.List(o, "tenders").Count() == 2);
        Assert.Contains(orders, o => SquareMoney.List(o, "line_items").Any(l => l.GetProperty("quantity").GetString()!.Contains('.', StringComparison.Ordinal)));
        Assert.Contains(orders, o => !o.TryGetProperty("line_items", out _) && !o.TryGetProperty("returns", out _));
        Assert.Contains(orders, o => SquareMoney.List(o, "taxes").Any(t => t.GetProperty("type").GetString() == "INCLUSIVE"));
        Assert.Contains(orders, o => SquareMoney.List(o, "service_charges").Any());
        Assert.Contains(orders, o => SquareMoney.List(o, "discounts").Any(d => d.GetProperty("scope").GetString() == "LINE_ITEM"));
        Assert.Contains(orders, o => o.GetProperty("updated_at").GetDateTimeOffset() - o.GetProperty("created_at").GetDateTimeOffset() > TimeSpan.FromHours(24));
        var exchanges = orders.Where(o => o.TryGetProperty("returns", out _) && o.TryGetProperty("line_items", out _)).ToList();
        Assert.Contains(exchanges, o => SquareMoney.List(o, "tenders").Any());
        Assert.Contains(exchanges, o => SquareMoney.List(o, "refunds").Any());
        Assert.Contains(orders, o => SquareMoney.List(o, "line_items").Any() && !SquareMoney.List(o, "taxes").Any());
        Assert.All<string[]>([["ADDITIVE", "ADDITIVE"], ["INCLUSIVE", "ADDITIVE"]], types => Assert.Contains(orders, o => SquareMoney.List(o, "line_items").Any(l => TaxesOf(o, l).SequenceEqual(types))));
        Assert.All<string[]>([["ADDITIVE"], ["INCLUSIVE"]], types => Assert.Contains(orders, o => SquareMoney.List(o, "service_charges").Any(c => TaxesOf(o, c).SequenceEqual(types))));
        Assert.All(orders, o => Assert.InRange(o.GetProperty("updated_at").GetDateTimeOffset(), SquareFixture.Now.AddDays(-95), SquareFixture.Now));
        Assert.All(orders, o => Assert.InRange(o.GetProperty("updated_at").GetDateTimeOffset() - o.GetProperty("created_at").GetDateTimeOffset(), TimeSpan.Zero, TimeSpan.FromHours(75)));
    }

    [Fact]
    public void A_sale_after_midnight_belongs_to_the_day_before_and_days_add_up()
    {
        var truth = square.Simulator.Truth;
        var byMidnight = truth.Days("LAFTERDARKLA2", TimeSpan.Zero);
        var byCloseOut = truth.Days("LAFTERDARKLA2", TimeSpan.FromHours(4));

        Assert.NotEqual(byMidnight, byCloseOut);
        Assert.Equal(byMidnight.Sum(d => d.PaymentsMinor), byCloseOut.Sum(d => d.PaymentsMinor));
        Assert.Contains(byCloseOut, d => d.Day == new DateOnly(2025, 11, 2) && d.Payments > 0);
    }

    [Fact]
    public async Task Live_changes_show_at_once()
    {
        var clock = new FakeTimeProvider(SquareFixture.Now);
        await using var simulator = await SquareSimulator.StartAsync(new SquareSimulatorOptions { Orders = 200 }, clock, Token);
        using var caller = new SquareCaller(simulator);
        var changes = simulator.Changes;

        var added = changes.AddOrder("LSPREEBERLIN3");
        var late = changes.AddLateOrder("LHILLNEWYORK1", TimeSpan.FromHours(60));
        var open = changes.AddOpenOrder("LHILLNEWYORK1");
        clock.Advance(TimeSpan.FromMinutes(1));
        changes.CancelOrder(open);
        var returned = changes.RefundOrder(added);
        var exchanged = changes.ExchangeOrder(changes.AddOrder("LHILLNEWYORK1"), 99_00);
        var old = changes.AddLateOrderOfOldChange("LHILLNEWYORK1", TimeSpan.FromHours(71));

        var orders = (await caller.AllOrdersAsync(SquareFixture.Locations)).ToDictionary(o => o.GetProperty("id").GetString()!);
        Assert.Equal(207, orders.Count);
        Assert.Equal(SquareFixture.Now.AddHours(-60), orders[late].GetProperty("created_at").GetDateTimeOffset());
        Assert.Equal(SquareFixture.Now, orders[late].GetProperty("updated_at").GetDateTimeOffset());
        Assert.Equal("CANCELED", orders[open].GetProperty("state").GetString());
        Assert.Equal(added, orders[returned].GetProperty("returns")[0].GetProperty("source_order_id").GetString());
        Assert.Equal(99_00, SquareMoney.Of(orders[exchanged].GetProperty("line_items")[0], "base_price_money"));
        Assert.Equal(clock.GetUtcNow().AddHours(-71), orders[old].GetProperty("updated_at").GetDateTimeOffset());
        Assert.All(orders.Values, SquareMoney.CheckOrder);
        Assert.Equal(207, simulator.Truth.Locations.Sum(l => l.Orders));
    }

    private static IEnumerable<string?> TaxesOf(JsonElement order, JsonElement taxed)
    {
        var types = SquareMoney.List(order, "taxes").ToDictionary(t => t.GetProperty("uid").GetString()!, t => t.GetProperty("type").GetString());
        return SquareMoney.List(taxed, "applied_taxes").Select(t => types[t.GetProperty("tax_uid").GetString()!]);
    }

    private static async Task<string> BytesAsync(int seed)
    {
        await using var simulator = await SquareSimulator.StartAsync(new SquareSimulatorOptions { Orders = 500, Seed = seed }, new FakeTimeProvider(SquareFixture.Now), Token);
        using var caller = new SquareCaller(simulator);
        var orders = await caller.PostAsync("/v2/orders/search", new { location_ids = SquareFixture.Locations });
        var payments = await caller.GetAsync("/v2/payments");
        var catalog = await caller.GetAsync("/v2/catalog/list");
        return orders.Text + payments.Text + catalog.Text;
    }
}
