using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Webhooks;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Webhooks;

public sealed class WebhookWatchTests
{
    private readonly HookedShop _shop = new();

    public WebhookWatchTests() => _shop.Shop.Open("A");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Webhooks_that_stop_are_told_of_once_and_polled_for_until_one_comes()
    {
        await using var app = await StartAsync();
        await app.SendAsync("e1|OrderCreated|acc-1|A|o1");
        await app.IdleAsync();

        for (var hour = 0; hour < 3; hour++)
        {
            Assert.Empty(await SilencesAsync(app));
            await SellAndWaitAsync(app, $"missed{hour}", TimeSpan.FromHours(1));
        }

        await app.EventuallyAsync(async () => (await SilencesAsync(app)).Count == 1);
        Assert.Equal(1, app.Get<WebhookWatch>().CountSilent(new DriverId("shop")));
        await SellAndWaitAsync(app, "polled", TimeSpan.FromMinutes(3));
        Assert.Equal(RunTrigger.Webhook, (await app.RunsAsync(StreamName.Sales))[0].Trigger);

        await app.SendAsync("e2|OrderCreated|acc-1|A|o2");
        await app.EventuallyAsync(() => Task.FromResult(app.Get<WebhookWatch>().CountSilent(new DriverId("shop")) == 0));
        await SellAndWaitAsync(app, "again", TimeSpan.FromHours(1));
        Assert.Single(await SilencesAsync(app));
    }

    [Fact]
    public async Task Where_none_ever_came_or_one_comes_now_and_then_nothing_is_amiss()
    {
        await using var app = await StartAsync();
        for (var hour = 0; hour < 4; hour++)
        {
            await SellAndWaitAsync(app, $"before{hour}", TimeSpan.FromHours(1));
        }

        for (var hour = 0; hour < 6; hour++)
        {
            if (hour % 2 == 0)
            {
                await app.SendAsync($"e{hour}|OrderCreated|acc-1|A|o{hour}");
                await app.IdleAsync();
            }

            await SellAndWaitAsync(app, $"late{hour}", TimeSpan.FromHours(1));
        }

        Assert.Equal(0, app.Get<WebhookWatch>().CountSilent(new DriverId("shop")));
        Assert.Empty(await SilencesAsync(app));
    }

    private async Task<WebhooksApp> StartAsync()
    {
        var app = await WebhooksApp.StartAsync(_shop);
        var sync = new Sync { Connection = WebhooksApp.Id, Stream = StreamName.Sales, Schedule = "0 * * * *", Enabled = true };
        await app.Get<IRegistry>().WriteAsync(transaction => transaction.Put(Sync.Collection, sync), Token);
        await app.Get<SyncScheduler>().ResumeAsync(WebhooksApp.Id, Token);
        await app.IdleAsync();
        return app;
    }

    private async Task SellAndWaitAsync(WebhooksApp app, string id, TimeSpan wait)
    {
        _shop.Shop.Sell("A", id);
        app.Clock.Advance(wait);
        await app.EventuallyAsync(async () => (await app.FedAsync()).Contains(id));
        await app.IdleAsync();
    }

    private static async Task<List<PlatformEvent>> SilencesAsync(WebhooksApp app)
        => [.. (await app.Get<EventLog>().ReadAsync(StoreTenant, 0, 1000, new CancellationToken(true), Token))!.Items.Where(static told => told.Type == WebhookWatch.Silent)];

    private static TenantId StoreTenant => Syncing.SyncingHost.Tenant;
}
