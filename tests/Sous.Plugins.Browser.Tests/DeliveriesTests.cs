using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Deliveries.Sending;
using Sous.Plugins.Host.Deliveries.Subscriptions;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Browser.Tests;

/// <summary>A platform that took nothing for days: its dead letters are found, sent again, and one of them edited.</summary>
public sealed class DeliveriesTests(Stage stage) : IAsyncLifetime
{
    private WebhookReceiver _receiver = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _receiver = await WebhookReceiver.StartAsync(Token);

    public ValueTask DisposeAsync() => _receiver.DisposeAsync();

    [Fact]
    public async Task A_dead_letter_is_sent_again_as_it_is_and_another_edited()
    {
        await using var visitor = await stage.SignInAsync();
        var tenant = await stage.AddTenantAsync("Hill Street Group");
        await GiveUpAsync(tenant);
        _receiver.Answer = null;

        await visitor.GoAsync(stage.Address);
        await visitor.FollowAsync("Deliveries");
        await visitor.SeeAsync("2 were given up, and can be sent again");
        await visitor.LookAsync("deliveries");
        await visitor.Page.Locator(".card", new() { HasText = "Hill Street Group" }).GetByRole(AriaRole.Link).First.ClickAsync();
        await visitor.LookAsync("deliveries-of-an-address");
        await visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Connected" }).First.ClickAsync();
        await visitor.LookAsync("delivery");
        await visitor.PressAsync("Send it again as it is");
        await Stage.UntilAsync(() => Task.FromResult(_receiver.Taken.Count == 1));
        await visitor.FollowAsync("Where it goes");
        await visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Connected" }).First.ClickAsync();
        await visitor.Page.GetByLabel("What it tells").FillAsync("{ not this");
        await visitor.PressAsync("Send it edited");
        await visitor.Page.GetByRole(AriaRole.Alert).WaitForAsync();
        await visitor.LookAsync("delivery-refused");
        await visitor.Page.GetByLabel("What it tells").FillAsync("""{ "cause": "by hand" }""");
        await visitor.PressAsync("Send it edited");
        await Stage.UntilAsync(() => Task.FromResult(_receiver.Taken.Count == 2));

        await visitor.Page.WaitForURLAsync(static url => !url.EndsWith("/edit", StringComparison.Ordinal));
        await Stage.UntilAsync(async () =>
        {
            // That it was taken is noted a moment after.
            await visitor.Page.ReloadAsync();
            return await visitor.Page.Locator(".state", new() { HasText = "Delivered" }).CountAsync() > 0;
        });
        Assert.Equal("by hand", _receiver.Taken.Last().Data.GetProperty("cause").GetString());
        visitor.AssertCalm();
    }

    [Fact]
    public async Task An_address_that_wanted_nothing_any_more_is_delivered_to_again()
    {
        await using var visitor = await stage.SignInAsync(scripts: false);
        var tenant = await stage.AddTenantAsync("Lake Road Group");
        var (key, _) = await SubscribeAsync(tenant);
        await stage.Get<SubscriptionStore>().DisableAsync(key, "The address answered 410: it wants nothing any more.", Token);

        await visitor.GoAsync(stage.PageOf($"{tenant}/subscriptions/{key.Id}"));
        await visitor.SeeAsync("The address answered 410");
        await visitor.PressAsync("Deliver to it again");

        await visitor.SeeAsync("Delivering");
        Assert.Equal(SubscriptionState.Active, (await stage.Get<SubscriptionStore>().FindAsync(key, Token))!.State);
    }

    /// <summary>Two events that the address took in none of its attempts, as after three days.</summary>
    private async Task GiveUpAsync(string tenant)
    {
        _receiver.Answer = static (_, _) => Task.FromResult(500);
        var (key, outbox) = await SubscribeAsync(tenant);
        foreach (var account in new[] { "dead-1", "dead-2" })
        {
            stage.Service.Account = account;
            await stage.ConnectAsync(tenant, Stage.Rotating);
        }

        IReadOnlyList<Delivery> tried = [];
        await Stage.UntilAsync(async () =>
        {
            tried = await outbox.ListAsync(new DeliveryQuery(key.Tenant, key.Id, DeliveryState.Pending, 0, 10), Token);
            return tried.Count == 2 && tried.All(static one => one.Attempts > 0);
        });
        foreach (var delivery in tried)
        {
            var now = TimeProvider.System.GetUtcNow();
            await outbox.FinishAsync(delivery, new DeliveryAttempt(now, TimeSpan.Zero, 500, delivery.Reason), new RetryStep(DeliveryState.Dead, now, delivery.Rung), null, Token);
        }
    }

    private async Task<(SubscriptionKey Key, IOutbox Outbox)> SubscribeAsync(string tenant)
    {
        var wish = new JsonObject { ["url"] = _receiver.Address.AbsoluteUri, ["events"] = new JsonArray("connection.connected") };
        var made = await stage.Platform.PostAsync($"{tenant}/subscriptions", wish, Token);
        return (new SubscriptionKey(new TenantId(tenant.Split('/')[^1]), (string)made["id"]!), stage.Get<IOutbox>());
    }
}
