using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Tests.Syncing;
using Sous.Plugins.Host.Tests.Webhooks;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Events;

/// <summary>What comes into the feed is told once, whoever brought it.</summary>
public sealed class RecordNewsTests
{
    private readonly HookedShop _shop = new();

    public RecordNewsTests()
    {
        _shop.Shop.Open("A");
        _shop.Shop.Open("B");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Orders_that_a_run_of_the_schedule_found_are_told_as_a_webhooks_are()
    {
        await using var app = await WebhooksApp.StartAsync(_shop);
        _shop.Shop.Sell("A", "o1");
        _shop.Shop.Sell("B", "o2");
        await SyncAsync(app);
        await app.EventuallyAsync(async () => (await app.ToldAsync()).Count == 2);
        _shop.Shop.Sell("A", "o1", 2000);
        _shop.Shop.Sell("A", "o3");
        await SyncAsync(app);

        await app.EventuallyAsync(async () => (await app.ToldAsync()).Count == 4);

        Assert.Equal(
            ["order.created own-A o1", "order.created own-B o2", "order.created own-A o3", "order.updated own-A o1"],
            (await app.ToldAsync()).Select(static told => $"{told.Type} {told.Location} {string.Join(',', told.Records!)}"));
    }

    [Fact]
    public async Task What_was_there_before_the_connection_is_told_by_the_feed_alone_and_its_changes_as_events_too()
    {
        await using var app = await WebhooksApp.StartAsync(_shop);
        var since = (await app.ConnectionAsync()).CreatedAt;
        _shop.Shop.Sell("A", "old", sale => sale with { OpenedAt = since.AddHours(-1) });
        await SyncAsync(app);
        _shop.Shop.Sell("A", "old", sale => sale with { OpenedAt = since.AddHours(-1) }, 2000);
        _shop.Shop.Sell("A", "new");
        await SyncAsync(app);

        await app.EventuallyAsync(async () => (await app.ToldAsync()).Count == 2);

        Assert.Equal(["order.created new", "order.updated old"], (await app.ToldAsync()).Select(static told => $"{told.Type} {told.Records![0]}"));
    }

    [Fact]
    public async Task What_a_killed_host_left_untold_is_told_by_the_next_and_nothing_twice()
    {
        await using var app = await WebhooksApp.StartAsync(_shop);
        _shop.Shop.Sell("A", "o1");
        await SyncAsync(app);
        await app.EventuallyAsync(async () => (await app.ToldAsync()).Count == 1);
        // As a host leaves it that is killed before it tells: the events and how far it has come are one write.
        await app.RestartAsync(works: false);
        await app.Get<IRegistry>().WriteAsync(
            transaction => (transaction.Delete(ToldRecords.Collection, SyncingHost.Tenant.Value), EventLog.ForgetSome(transaction, SyncingHost.Tenant)),
            Token);
        Assert.Empty(await app.ToldAsync());

        await app.RestartAsync();
        await app.EventuallyAsync(async () => (await app.ToldAsync()).Count == 1);
        await app.RestartAsync();
        _shop.Shop.Sell("A", "o2");
        await SyncAsync(app);
        await app.EventuallyAsync(async () => (await app.ToldAsync()).Any(static one => one.Records!.Contains("o2")));

        Assert.Equal(["o1", "o2"], (await app.ToldAsync()).SelectMany(static one => one.Records!));
    }

    [Fact]
    public async Task A_restored_copy_tells_what_is_new_and_nothing_that_was_told_before_the_backup()
    {
        await using var app = await WebhooksApp.StartAsync(_shop);
        _shop.Shop.Sell("A", "o1");
        await SyncAsync(app);
        await app.EventuallyAsync(async () => (await app.ToldAsync()).Count == 1);

        _shop.Shop.Sell("A", "o2");
        await app.RestoreAsync();
        await SyncAsync(app);
        await app.EventuallyAsync(async () => (await app.ToldAsync()).Any(static one => one.Records!.Contains("o2")));

        Assert.Equal(["o2"], (await app.ToldAsync()).SelectMany(static one => one.Records!));
    }

    [Fact]
    public async Task Orders_of_a_location_that_nobody_mapped_are_told_when_it_is_mapped_without_a_run()
    {
        await using var app = await WebhooksApp.StartAsync(_shop);
        var locations = app.Get<LocationDirectory>();
        await locations.MapAsync(WebhooksApp.Id, "test", "B", null, null, Token);
        _shop.Shop.Sell("A", "o1");
        _shop.Shop.Sell("B", "o2");
        await SyncAsync(app);
        await app.EventuallyAsync(async () => (await app.ToldAsync()).Count == 1);

        await locations.MapAsync(WebhooksApp.Id, "test", "B", "own-B", null, Token);
        await app.EventuallyAsync(async () => (await app.ToldAsync()).Count == 2);

        Assert.Equal(["order.created own-A o1", "order.created own-B o2"], (await app.ToldAsync()).Select(static told => $"{told.Type} {told.Location} {told.Records![0]}"));
    }

    [Fact]
    public async Task Orders_that_leave_a_location_are_told_as_deleted_there()
    {
        await using var app = await WebhooksApp.StartAsync(_shop);
        _shop.Shop.Sell("A", "o1");
        await SyncAsync(app);
        await app.EventuallyAsync(async () => (await app.ToldAsync()).Count == 1);

        await app.Get<LocationDirectory>().MapAsync(WebhooksApp.Id, "test", "A", "own-C", null, Token);
        await app.EventuallyAsync(async () => (await app.ToldAsync()).Count == 3);

        Assert.Equal(["order.created own-A", "order.deleted own-A", "order.updated own-C"], (await app.ToldAsync()).Select(static told => $"{told.Type} {told.Location}"));
    }

    private static async Task SyncAsync(WebhooksApp app)
    {
        var (_, run) = await app.Get<RunQueue>().AddAsync(new RunRequest(SyncingHost.Tenant, SyncingHost.Driver, new SyncKey(WebhooksApp.Id, StreamName.Sales), RunTrigger.Request), Token);
        Assert.Equal(SyncOutcome.Completed, (await run.Ended.WaitAsync(Token)).Outcome);
    }
}
