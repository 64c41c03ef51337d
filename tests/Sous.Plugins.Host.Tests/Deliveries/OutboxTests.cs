using System.Net;
using System.Net.Http.Json;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Deliveries.Subscriptions;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Host.Tests.Deliveries;

/// <summary>What is kept, how long, and what is said where something could not be.</summary>
public sealed class OutboxTests : IAsyncLifetime
{
    private Deliverer _host = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _host = await Deliverer.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_subscription_that_was_away_for_longer_than_the_log_keeps_is_told_what_it_missed_and_goes_on()
    {
        var subscription = (await _host.SubscribeAsync()).GetProperty("id").GetString()!;
        _host.Receiver.Answer = static (_, _) => Task.FromResult(410);
        await _host.TellAsync("con_1", "order.created");
        await _host.EventuallyAsync(async () => (await _host.GetAsync($"subscriptions/{subscription}")).GetProperty("state").GetString() == "disabled");
        await _host.TellAsync("con_1", "order.updated", "order.updated");
        await _host.App.Get<EventLog>().WriteAsync(transaction => EventLog.ForgetSome(transaction, new TenantId(Deliverer.Tenant)), Token);
        await _host.TellAsync("con_1", "order.updated");
        _host.Receiver.Answer = null;

        await _host.PostAsync($"subscriptions/{subscription}/enable", null, HttpStatusCode.OK);
        await _host.EventuallyAsync(() => _host.Receiver.Taken.Count == 3);

        Assert.Equal(["events.missed", "order.created", "order.updated"], _host.Receiver.TakenTypes.Order());
        var missed = _host.Receiver.Taken.Single(static request => request.Type == "events.missed").Data;
        Assert.StartsWith("Events 2 to 4 of the log were not delivered", missed.GetProperty("cause").GetString(), StringComparison.Ordinal);
        Assert.Equal(5, _host.Receiver.Taken.Last(static request => request.Type == "order.updated").Data.GetProperty("sequence").GetInt32());
    }

    [Fact]
    public async Task Delivered_ones_are_shown_for_a_week_and_dead_ones_for_a_month()
    {
        await _host.SubscribeAsync();
        _host.Receiver.Answer = static (request, _) => Task.FromResult(request.Connection == "con_1" ? 422 : 200);
        await _host.TellAsync("con_1", "order.created");
        await _host.TellAsync("con_2", "order.created");
        await _host.PassAsync(TimeSpan.FromDays(6));
        Assert.Equal(["dead", "delivered"], await StatesAsync());

        await _host.PassAsync(TimeSpan.FromDays(2));
        await _host.EventuallyAsync(async () => await StatesAsync() is ["dead"]);
        await _host.PassAsync(TimeSpan.FromDays(21));
        Assert.Equal(["dead"], await StatesAsync());
        await _host.PassAsync(TimeSpan.FromDays(6));
        await _host.EventuallyAsync(async () => await StatesAsync() is []);
    }

    [Fact]
    public async Task Of_a_tenant_that_was_removed_nothing_is_kept_any_more()
    {
        var subscription = (await _host.SubscribeAsync()).GetProperty("id").GetString()!;
        using var other = await _host.App.Admin.PostAsJsonAsync("/api/v1/tenants/t2/subscriptions", new { url = _host.Receiver.Address }, Token);
        Assert.Equal(HttpStatusCode.Created, other.StatusCode);
        await _host.App.Get<EventLog>().WriteAsync(
            transaction =>
            {
                transaction.Delete(Tenant.Collection, Deliverer.Tenant);
                foreach (var tenant in (string[])[Deliverer.Tenant, "t2"])
                {
                    EventLog.Append(transaction, new PlatformEvent { Type = "order.created", Tenant = new TenantId(tenant), At = _host.App.Clock.GetUtcNow() });
                }
            },
            Token);

        // Tenants are fed in their order: the first had its turn before.
        await _host.EventuallyAsync(() => _host.Receiver.Taken.Count == 1);

        Assert.Null(await _host.Outbox.FindPositionAsync(subscription, Token));
    }

    [Fact]
    public async Task Lists_go_on_where_they_ended_and_are_narrowed_by_state_and_subscription()
    {
        var all = (await _host.SubscribeAsync()).GetProperty("id").GetString()!;
        var orders = (await _host.SubscribeAsync("order.*")).GetProperty("id").GetString()!;
        await _host.TellAsync("con_1", "order.created", "order.updated", "file.changed");
        await _host.EventuallyAsync(async () => (await _host.DeliveriesAsync("?state=delivered")).Count == 5);

        var first = await _host.GetAsync("deliveries?limit=3");
        var rest = await _host.GetAsync($"deliveries?limit=3&after={first.GetProperty("next").GetString()}");
        Assert.Equal((3, 2, false), (first.GetProperty("items").GetArrayLength(), rest.GetProperty("items").GetArrayLength(), rest.TryGetProperty("next", out _)));
        Assert.Equal((3, 2), ((await _host.DeliveriesAsync($"?subscription={all}")).Count, (await _host.DeliveriesAsync($"?subscription={orders}")).Count));
        foreach (var wrong in (string[])["state=lost", "after=-1", "limit=1001", "subscription="])
        {
            using var refused = await _host.App.Admin.GetAsync($"/api/v1/tenants/t1/deliveries?{wrong}", Token);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }
    }

    [Fact]
    public async Task A_slow_receiver_with_much_to_take_keeps_its_place_from_nobody()
    {
        await using var host = await Deliverer.StartAsync(("Deliveries:MaxConcurrent", "1"));
        await using var other = await WebhookReceiver.StartAsync(Token);
        await host.SubscribeAsync("order.*");
        await host.SubscribeAsync(other, "file.*");
        host.Receiver.Answer = (_, _) =>
        {
            host.App.Clock.Advance(TimeSpan.FromSeconds(14));
            return Task.FromResult(200);
        };
        var takenBefore = -1;
        other.Answer = (_, _) =>
        {
            takenBefore = host.Receiver.Taken.Count;
            return Task.FromResult(200);
        };
        await host.TellAsync("con_1", [.. Enumerable.Repeat("order.updated", 40)]);
        await host.TellAsync("con_1", "file.changed");
        await host.EventuallyAsync(() => host.Receiver.Taken.Count == 40 && other.Taken.Count == 1);

        Assert.InRange(takenBefore, 0, 12);
    }

    private async Task<string[]> StatesAsync() => [.. (await _host.DeliveriesAsync()).Select(static one => one.GetProperty("state").GetString()!).Order()];
}
