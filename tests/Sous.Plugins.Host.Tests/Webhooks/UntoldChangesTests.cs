using System.Net;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Tests.Syncing;
using Sous.Plugins.Host.Webhooks;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Webhooks;

/// <summary>Polling finds changes, twenty over six hours, and no webhook is accepted.</summary>
public sealed class UntoldChangesTests
{
    private static readonly DriverId s_driver = new("shop");

    private readonly HookedShop _shop = new();
    private int _sold;

    public UntoldChangesTests() => _shop.Shop.Open("A");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Where_none_ever_came_it_is_told_once_over_a_restart_too_until_the_first_that_is_about_a_connection()
    {
        await using var app = await StartAsync();
        await SellAsync(app, hours: 6, each: 5);
        Assert.Null((await ViewAsync(app)).Untold);
        await SellAsync(app, hours: 1, each: 5);

        var told = await ViewAsync(app);
        Assert.Equal((35, null), (told.Untold?.Changes, told.Untold?.AcceptedAt));
        Assert.StartsWith("No webhook was ever accepted, though polling alone found 35 changes since ", told.Untold?.Says, StringComparison.Ordinal);
        Assert.EndsWith("none came at all.", told.Untold?.Says, StringComparison.Ordinal);
        Assert.Equal($"Register exactly {app.Registered} at the service for its orders and its catalogue, and set SOUS_Clients__shop__WebhookSecret to the signature key that it shows for that address.", told.Remedy);
        await app.Get<UntoldChanges>().ReadAsync(Token);
        await SellAsync(app, hours: 1, each: 1);
        await app.Get<UntoldChanges>().ReadAsync(Token);
        Assert.Single(app.Logs.Lines, static line => line.Contains("come with the schedule alone", StringComparison.Ordinal));

        await app.RestartAsync();
        Assert.Equal(36, (await ViewAsync(app)).Untold?.Changes);
        await app.SendAsync("e0|OrderCreated|acc-unknown||o0");
        await app.IdleAsync();
        Assert.EndsWith("; 1 told of accounts that nobody connected.", (await ViewAsync(app)).Untold?.Says, StringComparison.Ordinal);

        await app.SendAsync("e1|OrderCreated|acc-1|A|o1");
        await app.EventuallyAsync(async () => await StoredAsync(app) is { AcceptedAt: not null });
        Assert.Null(app.Get<UntoldChanges>().Find(s_driver));
        var gone = await ViewAsync(app);
        Assert.Equal((null, null), (gone.Untold, gone.Remedy));
        Assert.Contains(app.Logs.Lines, static line => line.Contains("Webhooks of shop come now", StringComparison.Ordinal));

        await app.RestartAsync();
        await SellAsync(app, hours: 1, each: 50);
        Assert.Null((await ViewAsync(app)).Untold);
    }

    [Fact]
    public async Task A_service_without_traffic_and_one_import_say_nothing_of_webhooks()
    {
        await using var app = await StartAsync();
        await SellAsync(app, hours: 1, each: 80);
        await SellAsync(app, hours: 12, each: 0);
        Assert.Null((await ViewAsync(app)).Untold);

        await SellAsync(app, hours: 12, each: 1);
        Assert.Equal(92, (await ViewAsync(app)).Untold?.Changes);

        await SellAsync(app, hours: 8 * 24, each: 0);
        Assert.Null((await ViewAsync(app)).Untold);
    }

    [Fact]
    public async Task What_a_first_fetch_brings_was_there_before_webhooks_could_tell_of_it()
    {
        await using var app = await StartAsync(isFetched: false);
        await SellAsync(app, hours: 1, each: 100);
        await SellAsync(app, hours: 7, each: 1);

        Assert.Null((await ViewAsync(app)).Untold);
    }

    [Fact]
    public async Task Webhooks_that_came_before_a_restart_and_not_since_are_told_of_with_the_last_that_was_accepted()
    {
        await using var app = await StartAsync();
        await app.SendAsync("e1|OrderCreated|acc-1|A|o1");
        await app.EventuallyAsync(async () => await StoredAsync(app) is not null);
        var accepted = (await StoredAsync(app))!.AcceptedAt;
        await app.RestartAsync();
        await SellAsync(app, hours: 8, each: 5);

        var untold = (await ViewAsync(app)).Untold;

        Assert.Equal((accepted, accepted, 40), (untold?.AcceptedAt, untold?.Since, untold?.Changes));
        Assert.StartsWith("No webhook was accepted since ", untold?.Says, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_refused_is_counted_over_a_restart_stored_once_a_minute_and_past_with_one_that_is_accepted()
    {
        await using var app = await StartAsync();
        await SellAsync(app, hours: 8, each: 5);
        for (var forged = 0; forged < 3; forged++)
        {
            using var refused = await app.PostAsync(app.Registered, new StringContent("e1|OrderCreated|acc-1|A|o1"), ("X-Signature", "wrong"));
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }

        using var astray = await app.PostAsync(new Uri($"{app.Registered.AbsoluteUri[..^1]}_"), new StringContent(""));
        using var nobodys = await app.PostAsync(new Uri(app.Registered, "/webhooks/canary/guessed"), new StringContent(""));
        Assert.Null(await StoredAsync(app));
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await app.EventuallyAsync(async () => await StoredAsync(app) is not null);
        Assert.Equal(new WebhookTally { Driver = s_driver, Refused = 3, Astray = 1 }, await StoredAsync(app));

        await app.RestartAsync();
        var told = await ViewAsync(app);
        Assert.Equal((3, 1), (told.Refused, told.Astray));
        Assert.EndsWith("; 3 came that were not signed with the key that is set for this address, 1 came to another address than the one to register.", told.Untold?.Says, StringComparison.Ordinal);
        Assert.StartsWith("Set SOUS_Clients__shop__WebhookSecret to the signature key that the service shows for ", told.Remedy, StringComparison.Ordinal);
        Assert.Single(await app.Get<IRegistry>().ListAsync(WebhookTally.Collection, "", Token));

        await app.SendAsync("e1|OrderCreated|acc-1|A|o1");
        await app.EventuallyAsync(async () => await ViewAsync(app) is { Untold: null, Refused: 0, Astray: 0 });
    }

    /// <param name="isFetched">Whether its first run is through; else that one failed, and the schedule's next has all to fetch.</param>
    private async Task<WebhooksApp> StartAsync(bool isFetched = true)
    {
        var app = await WebhooksApp.StartAsync(_shop);
        var sync = new Sync { Connection = WebhooksApp.Id, Stream = StreamName.Sales, Schedule = "0 * * * *", Enabled = true };
        await app.Get<IRegistry>().WriteAsync(transaction => transaction.Put(Sync.Collection, sync), Token);
        if (!isFetched)
        {
            var failed = await app.Get<IChangeStore>().BeginRunAsync(
                new SyncRun { Id = "run_1", Tenant = SyncingHost.Tenant, Connection = WebhooksApp.Id, Stream = StreamName.Sales, Trigger = RunTrigger.Connect, Outcome = SyncOutcome.Running, StartedAt = app.Clock.GetUtcNow() },
                Token);
            await app.Get<IChangeStore>().EndRunAsync(failed with { Outcome = SyncOutcome.NeedsAttention, EndedAt = app.Clock.GetUtcNow() }, [], Token);
        }

        await app.Get<SyncScheduler>().ResumeAsync(WebhooksApp.Id, Token);
        await app.EventuallyAsync(async () => !isFetched || (await app.RunsAsync(StreamName.Sales)).Any(static run => run.Outcome == SyncOutcome.Completed));
        await app.IdleAsync();
        return app;
    }

    private async Task SellAsync(WebhooksApp app, int hours, int each)
    {
        for (var hour = 0; hour < hours; hour++)
        {
            List<string> sold = [.. Enumerable.Range(0, each).Select(_ => $"sale{_sold++}")];
            sold.ForEach(id => _shop.Shop.Sell("A", id));
            app.Clock.Advance(TimeSpan.FromHours(1));
            await app.EventuallyAsync(async () => sold.Count == 0 || (await app.FedAsync()).Contains(sold[^1]));
            await app.IdleAsync();
        }
    }

    private async Task<DriverWebhookView> ViewAsync(WebhooksApp app)
        => (await app.Get<WebhookViews>().FindAsync(new DriverRow(s_driver, "", DriverState.Loaded) { Capabilities = _shop.Loaded.Capabilities }, Token))!;

    private static ValueTask<WebhookTally?> StoredAsync(WebhooksApp app) => app.Get<IRegistry>().FindAsync(WebhookTally.Collection, "shop", Token);
}
