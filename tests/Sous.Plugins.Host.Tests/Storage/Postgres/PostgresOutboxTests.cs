using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Deliveries.Sending;
using Sous.Plugins.Host.Tests.Changes;

namespace Sous.Plugins.Host.Tests.Storage.Postgres;

/// <summary>And what two hosts on one database do at once.</summary>
public sealed class PostgresOutboxTests() : OutboxTests(Engine.Postgres)
{
    [Fact]
    public async Task Hosts_that_read_the_log_at_once_keep_each_event_once()
    {
        await using var test = await StoreUnderTest.CreateAsync(Engine.Postgres);
        IOutbox[] hosts = [test.Outbox, (await test.Database.OpenAsync()).Outbox];

        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => hosts[i % 2].KeepAsync(
            Key, [.. Enumerable.Range(i / 4, 10).Select(n => Make($"n{n}") with { Id = $"dlv_{i}_{n}" })], i, Token)));

        var kept = await hosts[0].ListAsync(new DeliveryQuery(Key.Tenant, null, null, 0, 1_000), Token);
        Assert.Equal(Enumerable.Range(0, 14).Select(static n => $"n{n}").Order(), kept.Select(static delivery => delivery.Event).Order());
    }

    [Fact]
    public async Task A_lane_that_one_host_empties_while_another_fills_it_is_not_lost()
    {
        await using var test = await StoreUnderTest.CreateAsync(Engine.Postgres);
        IOutbox[] hosts = [test.Outbox, (await test.Database.OpenAsync()).Outbox];
        await hosts[0].KeepAsync(Key, [Make("n0")], 0, Token);
        for (var i = 1; i <= 100; i++)
        {
            var head = Assert.Single((await hosts[0].ReadDueAsync(Key.Id, Noon, 10, Token)).Heads);
            await Task.WhenAll(
                hosts[0].FinishAsync(head, new DeliveryAttempt(Noon, TimeSpan.Zero, 200, null), new RetryStep(DeliveryState.Delivered, Noon, 0), null, Token),
                hosts[1].KeepAsync(Key, [Make($"n{i}")], i, Token));
        }

        Assert.Equal((1, 0), await hosts[0].CountAsync(Token));
    }

    [Fact]
    public async Task Hosts_that_cancel_lanes_and_send_what_is_in_them_at_once_do_not_wait_for_each_other_for_ever()
    {
        await using var test = await StoreUnderTest.CreateAsync(Engine.Postgres);
        IOutbox[] hosts = [test.Outbox, (await test.Database.OpenAsync()).Outbox];
        string[] subscriptions = ["sub_1", "sub_2", "sub_3"];

        await Task.WhenAll(Enumerable.Range(0, 60).Select(i => i % 3 == 0
            ? hosts[i % 2].CancelAsync("a", "It is gone.", Noon, Token)
            : hosts[i % 2].KeepAsync(Key with { Id = subscriptions[i % 3] }, [Make($"n{i}") with { Subscription = subscriptions[i % 3] }], i, Token)));
        await hosts[0].CancelAsync("a", "It is gone.", Noon, Token);

        Assert.Empty(await hosts[0].ListWaitingAsync(Token));
        Assert.Equal((0, 0), await hosts[0].CountAsync(Token));
    }

    [Fact]
    public async Task A_subscription_that_one_host_forgets_while_another_keeps_deliveries_for_it_has_none_that_waits_in_no_lane()
    {
        await using var test = await StoreUnderTest.CreateAsync(Engine.Postgres);
        IOutbox[] hosts = [test.Outbox, (await test.Database.OpenAsync()).Outbox];
        for (var i = 0; i < 100; i++)
        {
            await hosts[0].KeepAsync(Key, [Make($"a{i}")], i, Token);
            await Task.WhenAll(hosts[0].ForgetAsync(Key.Id, Token), hosts[1].KeepAsync(Key, [Make($"b{i}")], i, Token));

            Assert.Equal(0L, await test.Database.ExecuteAsync(
                "SELECT count(*) FROM deliveries d WHERE state = 0 AND NOT EXISTS (SELECT FROM delivery_lanes l WHERE l.subscription = d.subscription AND l.lane = d.lane)"));
        }
    }
}
