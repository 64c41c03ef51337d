using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Simulators.Square;

namespace Sous.Plugins.Drivers.Tests.Simulators;

public sealed class SquarePaymentsRuleTests(SquareFixture square) : IClassFixture<SquareFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Payments_without_a_location_are_those_of_the_main_one_only()
    {
        var payments = await SquareCaller.WalkAsync("payments", cursor => square.Caller.GetAsync($"/v2/payments?sort_order=ASC{(cursor is null ? "" : $"&cursor={cursor}")}"));

        Assert.Equal(["LHILLNEWYORK1"], payments.Select(p => p.GetProperty("location_id").GetString()).Distinct());
        Assert.Equal(square.Simulator.Truth.Locations[0].Payments, payments.Count);
    }

    [Fact]
    public async Task Refunds_without_a_location_are_those_of_all()
    {
        var refunds = await square.Caller.AllRefundsAsync();

        Assert.Equal(square.Simulator.Truth.Locations.Sum(l => l.Refunds), refunds.Count);
    }

    [Fact]
    public async Task Every_location_gives_its_payments_once()
    {
        var payments = await square.Caller.AllPaymentsAsync(SquareFixture.Locations);

        Assert.Equal(square.Simulator.Truth.Locations.Sum(l => l.Payments), payments.Select(p => p.GetProperty("id").GetString()).Distinct().Count());
    }

    [Fact]
    public async Task Payments_older_than_a_year_come_only_when_asked_for()
    {
        await using var simulator = await SquareSimulator.StartAsync(new SquareSimulatorOptions { Orders = 400, Days = 600 }, new FakeTimeProvider(SquareFixture.Now), Token);
        using var caller = new SquareCaller(simulator);

        var lastYear = await SquareCaller.WalkAsync("payments", cursor => caller.GetAsync($"/v2/payments{(cursor is null ? "" : $"?cursor={cursor}")}"));
        var all = await caller.AllPaymentsAsync([SquareFixture.Locations[0]]);

        Assert.True(lastYear.Count < all.Count);
        Assert.All(lastYear, p => Assert.True(p.GetProperty("created_at").GetDateTimeOffset() >= SquareFixture.Now.AddYears(-1)));
    }

    [Fact]
    public async Task A_limit_over_a_hundred_is_ignored_and_the_newest_comes_first()
    {
        var reply = await square.Caller.GetAsync("/v2/payments?limit=500");

        var created = reply.List("payments").Select(p => p.GetProperty("created_at").GetDateTimeOffset()).ToList();
        Assert.Equal(100, created.Count);
        Assert.Equal(created.OrderDescending(), created);
    }

    [Fact]
    public async Task An_update_range_finds_what_was_updated_in_it_both_ends_included()
    {
        var payment = (await square.Caller.AllPaymentsAsync([SquareFixture.Locations[1]]))[50];
        var at = payment.GetProperty("updated_at").GetString();

        var hit = await square.Caller.GetAsync($"/v2/payments?location_id={SquareFixture.Locations[1]}&sort_field=UPDATED_AT&updated_at_begin_time={at}&updated_at_end_time={at}");

        Assert.Contains(payment.GetProperty("id").GetString(), hit.List("payments").Select(p => p.GetProperty("id").GetString()));
    }

    [Fact]
    public async Task A_fee_arrives_later_and_moves_the_payment_but_not_its_order()
    {
        var clock = new FakeTimeProvider(SquareFixture.Now);
        await using var simulator = await SquareSimulator.StartAsync(new SquareSimulatorOptions { Orders = 100 }, clock, Token);
        using var caller = new SquareCaller(simulator);
        var order = simulator.Changes.AddOpenOrder(SquareFixture.Locations[0]);
        simulator.Changes.PayOrder(order);
        var payment = Assert.Single(simulator.Changes.PaymentsOf(order));
        var before = (await caller.GetAsync($"/v2/payments/{payment}")).Json.GetProperty("payment");
        var orderBefore = (await caller.GetAsync($"/v2/orders/{order}")).Json.GetProperty("order");

        clock.Advance(TimeSpan.FromSeconds(10));
        simulator.Changes.AddProcessingFee(payment);

        var after = (await caller.GetAsync($"/v2/payments/{payment}")).Json.GetProperty("payment");
        var orderAfter = (await caller.GetAsync($"/v2/orders/{order}")).Json.GetProperty("order");
        Assert.False(before.TryGetProperty("processing_fee", out _));
        Assert.True(after.GetProperty("processing_fee")[0].GetProperty("amount_money").GetProperty("amount").GetInt64() > 0);
        Assert.Equal(TimeSpan.FromSeconds(10), Updated(after) - Updated(before));
        Assert.Equal(Updated(orderBefore), Updated(orderAfter));
    }

    [Fact]
    public async Task A_new_payment_stays_out_of_the_listing_while_it_lags()
    {
        var clock = new FakeTimeProvider(SquareFixture.Now);
        await using var simulator = await SquareSimulator.StartAsync(new SquareSimulatorOptions { Orders = 0, ListingLag = TimeSpan.FromSeconds(5) }, clock, Token);
        using var caller = new SquareCaller(simulator);
        simulator.Changes.AddOrder(SquareFixture.Locations[0]);

        var early = await caller.GetAsync("/v2/payments");
        clock.Advance(TimeSpan.FromSeconds(5));
        var late = await caller.GetAsync("/v2/payments");

        Assert.Empty(early.List("payments"));
        Assert.Single(late.List("payments"));
    }

    private static DateTimeOffset Updated(JsonElement record) => record.GetProperty("updated_at").GetDateTimeOffset();
}
