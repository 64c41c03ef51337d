using System.Net;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Webhooks;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Webhooks;

/// <summary>Invariant 24: what is in the inbox is worked off, in order, once, and is no more than a hint.</summary>
public sealed class InboxTests
{
    private static readonly InboxKey SalesOfShop = new(WebhooksApp.Id, StreamName.Sales.Value);

    private readonly HookedShop _shop = new();

    public InboxTests()
    {
        _shop.Shop.Open("A");
        _shop.Shop.Open("B");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_order_is_fetched_from_its_location_alone_and_told_once_it_is_in_the_feed()
    {
        await using var app = await WebhooksApp.StartAsync(_shop);
        _shop.Shop.Sell("A", "o1");
        _shop.Shop.Sell("B", "o2");
        string[] fedWhenTold = [];

        await app.SendAsync("e1|OrderCreated|acc-1|A|o1", "e2|OrderUpdated|acc-1|A|o1", "e3|OrderUpdated|acc-1|A|o0");
        await app.EventuallyAsync(async () =>
        {
            var told = await app.ToldAsync();
            fedWhenTold = told.Count > 0 ? [.. await app.FedAsync()] : [];
            return told.Count == 1;
        });
        Assert.Equal(["o1"], fedWhenTold);
        _shop.Shop.Sell("A", "o1", 2000);
        await app.SendAsync("e4|OrderUpdated|acc-1|A|o1");
        await app.EventuallyAsync(async () => (await app.ToldAsync()).Count == 2);

        Assert.All(_shop.Shop.Requests, static request => Assert.Equal("A", request.Location.Ref.Id));
        Assert.All(await app.RunsAsync(), static run => Assert.Equal(RunTrigger.Webhook, run.Trigger));
        var told = await app.ToldAsync();
        Assert.Equal(["order.created", "order.updated"], told.Select(static one => one.Type));
        Assert.Equal([["o1"], ["o1"]], told.Select(static one => one.Records!));
        Assert.All(told, static one => Assert.Equal((WebhooksApp.Id, "own-A"), (one.Connection, one.Location)));
    }

    [Fact]
    public async Task Many_events_are_one_run_and_those_that_come_meanwhile_one_more()
    {
        await using var app = await WebhooksApp.StartAsync(_shop);
        var go = await HoldARunAsync(app);
        _shop.Shop.Sell("B", "o2");
        for (var i = 1; i <= 50; i++)
        {
            await app.SendAsync($"e{i}|OrderUpdated|acc-1|{(i % 2 == 0 ? "A" : "B")}|o{i}");
        }

        await app.EventuallyAsync(async () => (await app.Inbox.ReadNewAsync(1, Token)).Count == 0);
        go.SetResult();
        await app.IdleAsync();

        Assert.Equal(2, (await app.RunsAsync()).Count);
        Assert.Equal(["o1", "o2"], await app.FedAsync());
        await app.EventuallyAsync(async () => (await app.ToldAsync()).SelectMany(static told => told.Records!).SequenceEqual(["o1", "o2"]));
    }

    [Fact]
    public async Task A_replayed_webhook_has_one_effect_also_after_a_restart_and_for_a_week()
    {
        await using var app = await WebhooksApp.StartAsync(_shop);
        const string Order = "e1|OrderCreated|acc-1|A|o1";
        _shop.Shop.Sell("A", "o1");
        await app.SendAsync(Order);
        await app.IdleAsync();

        await app.SendAsync(Order);
        await app.RestartAsync();
        app.Clock.Advance(TimeSpan.FromDays(6));
        await app.SendAsync(Order);
        await app.IdleAsync();

        Assert.Single(await app.RunsAsync(), static run => run.Trigger == RunTrigger.Webhook);
        await app.EventuallyAsync(async () => (await app.ToldAsync()).Count > 0);
        Assert.Single(await app.ToldAsync());
    }

    [Fact]
    public async Task What_comes_five_times_and_out_of_order_has_the_effect_of_one()
    {
        await using var app = await WebhooksApp.StartAsync(_shop);
        _shop.Shop.Sell("A", "o1", 1500);
        string[] events = ["e3|OrderUpdated|acc-1|A|o1", "e1|OrderCreated|acc-1|A|o1", "other|OrderCreated|acc-9|Z|o9", "e2|OrderUpdated|acc-1|A|o1"];

        for (var time = 0; time < 5; time++)
        {
            foreach (var one in time % 2 == 0 ? events : events.Reverse())
            {
                Assert.Equal(HttpStatusCode.OK, await app.SendAsync(one));
            }
        }

        await app.IdleAsync();
        await app.EventuallyAsync(async () => (await app.ToldAsync()).Count > 0);
        Assert.Equal(["o1"], await app.FedAsync());
        Assert.Equal("order.created", Assert.Single(await app.ToldAsync()).Type);
        Assert.Equal(1, await app.Inbox.CountUnclaimedAsync(new DriverId("shop"), Token));
    }

    [Fact]
    public async Task What_was_acknowledged_before_a_restart_is_worked_off_after_it()
    {
        await using var app = await WebhooksApp.StartAsync(_shop, works: false);
        _shop.Shop.Sell("A", "o1");
        Assert.Equal(HttpStatusCode.OK, await app.SendAsync("e1|OrderCreated|acc-1|A|o1"));

        await app.RestartAsync();
        await app.IdleAsync();

        Assert.Contains("o1", await app.FedAsync());
        await app.EventuallyAsync(async () => (await app.ToldAsync()).Count > 0);
        Assert.Equal("order.created", Assert.Single(await app.ToldAsync()).Type);
    }

    [Fact]
    public async Task Work_that_nobody_waits_for_is_found_within_the_hour()
    {
        await using var app = await WebhooksApp.StartAsync(_shop);
        await app.SendAsync("e0|OrderUpdated|acc-1|A|o0");
        await app.IdleAsync();
        _shop.Shop.Sell("A", "o1");
        // As what a killed host left, where the first look at it failed.
        await app.Inbox.KeepAsync([Entry("e1") with { ReceivedAt = app.Clock.GetUtcNow() }], Token);
        await app.Inbox.TakeAsync([(Assert.Single(await app.Inbox.ReadNewAsync(1, Token)), [SalesOfShop])], Token);

        app.Clock.Advance(TimeSpan.FromHours(1));
        await app.IdleAsync();

        Assert.Contains("o1", await app.FedAsync());
    }

    [Fact]
    public async Task Events_of_unknown_accounts_are_kept_in_bounds_until_such_an_account_connects()
    {
        await using var app = await WebhooksApp.StartAsync(_shop, account: null);
        _shop.Shop.Sell("A", "o1");
        for (var i = 0; i < 3; i++)
        {
            await app.SendAsync([.. Enumerable.Range(i * 60, 60).Select(static n => $"e{n}|OrderUpdated|acc-9|A|o1")]);
        }

        await app.SendAsync("other|OrderUpdated||Z|o1");
        await app.EventuallyAsync(async () => (await app.Inbox.ReadNewAsync(1, Token)).Count == 0);
        var unclaimed = await app.Inbox.CountUnclaimedAsync(new DriverId("shop"), Token);

        var connection = await app.ConnectAsync(WebhooksApp.Id, "acc-9");
        app.Get<ConnectionEvents>().RaiseConnected(connection, Token);
        await app.EventuallyAsync(async () => (await app.ToldAsync()).Count > 0);

        Assert.Equal(IInbox.MostOfAccount + 1, unclaimed);
        Assert.Equal(1, await app.Inbox.CountUnclaimedAsync(new DriverId("shop"), Token));
        Assert.Equal(["o1"], Assert.Single(await app.ToldAsync()).Records!);
    }

    [Fact]
    public async Task Unclaimed_events_and_ids_of_done_ones_go_after_a_week()
    {
        await using var app = await WebhooksApp.StartAsync(_shop);
        await app.SendAsync("e1|OrderUpdated|acc-9|Z|o1", "e2|OrderUpdated|acc-1|A|o1");
        await app.IdleAsync();

        await app.Inbox.SweepAsync(app.Clock.GetUtcNow().AddMinutes(-1), Token);
        Assert.Equal(1, await app.Inbox.CountUnclaimedAsync(new DriverId("shop"), Token));
        await app.Inbox.SweepAsync(app.Clock.GetUtcNow().AddMinutes(1), Token);

        Assert.Equal(0, await app.Inbox.CountUnclaimedAsync(new DriverId("shop"), Token));
        Assert.Equal(2, await app.Inbox.KeepAsync([Entry("e1"), Entry("e2")], Token));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Only_the_services_own_answer_ends_a_grant_whatever_a_webhook_says(bool answers)
    {
        _shop.Probe = () => answers ? ValueTask.FromResult(new ProbeResult()) : throw new DriverException(FailureKind.Unauthorized, "The service refused the key.");
        await using var app = await WebhooksApp.StartAsync(_shop);

        await app.SendAsync("e1|GrantRevoked|acc-1||");
        await app.IdleAsync();

        Assert.Equal(1, _shop.Probes);
        Assert.Equal(answers ? ConnectionStatus.Ok : ConnectionStatus.NeedsReconnect, (await app.ConnectionAsync()).Status);
    }

    [Fact]
    public async Task A_paused_connections_events_wait_for_it()
    {
        await using var app = await WebhooksApp.StartAsync(_shop, account: null);
        var paused = await app.ConnectAsync(WebhooksApp.Id, "acc-1", ConnectionStatus.Paused);
        _shop.Shop.Sell("A", "o1");
        await app.SendAsync("e1|OrderCreated|acc-1|A|o1");
        await app.EventuallyAsync(async () => (await app.Inbox.ListWorkAsync(Token)).Count == 1);
        Assert.Empty(await app.RunsAsync());

        var resumed = paused.Well();
        await app.Get<IRegistry>().WriteAsync(transaction => transaction.Put(Connection.Collection, resumed), Token);
        app.Get<ConnectionEvents>().RaiseConnected(resumed, Token);
        await app.EventuallyAsync(async () => (await app.ToldAsync()).Count > 0);

        Assert.Contains("o1", await app.FedAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_service_that_is_down_or_does_not_tell_all_is_asked_again_and_nothing_is_told_before(bool suspect)
    {
        await using var app = await WebhooksApp.StartAsync(_shop);
        _shop.Shop.Sell("A", "o1");
        var failures = 2;
        _shop.Shop.BeforePage = (_, _, _) => failures-- > 0 ? throw new DriverException(FailureKind.Transient, "down") { IsSuspect = suspect } : ValueTask.CompletedTask;

        await app.SendAsync("e1|OrderCreated|acc-1|A|o1");
        await app.EventuallyAsync(async () =>
        {
            app.Clock.Advance(TimeSpan.FromSeconds(1));
            return (await app.ToldAsync()).Count > 0;
        });

        Assert.Contains("o1", await app.FedAsync());
        var failed = suspect ? SyncOutcome.Suspect : SyncOutcome.RetryLater;
        Assert.Equal([SyncOutcome.Completed, failed, failed], (await app.RunsAsync()).Where(static run => run.Trigger == RunTrigger.Webhook).Select(static run => run.Outcome));
    }

    [Fact]
    public async Task A_sync_that_is_disabled_is_not_run_and_a_connection_that_left_leaves_nothing()
    {
        await using var app = await WebhooksApp.StartAsync(_shop);
        var sync = new Sync { Connection = WebhooksApp.Id, Stream = StreamName.Sales, Schedule = "0 5 * * *", Enabled = false };
        await app.Get<IRegistry>().WriteAsync(transaction => transaction.Put(Sync.Collection, sync), Token);

        await app.SendAsync("e1|OrderCreated|acc-1|A|o1");
        await app.IdleAsync();
        var left = await app.ConnectionAsync();
        await app.Get<IRegistry>().WriteAsync(transaction => transaction.Put(Connection.Collection, left with { Status = ConnectionStatus.Revoked }), Token);
        await app.SendAsync("e2|OrderCreated|acc-1|A|o2");
        await app.EventuallyAsync(async () => await app.Inbox.CountUnclaimedAsync(new DriverId("shop"), Token) == 1);

        Assert.Empty(await app.RunsAsync());
        Assert.Empty(await app.ToldAsync());
    }

    [Fact]
    public async Task A_run_that_a_webhook_started_takes_no_run_of_all_locations_away()
    {
        await using var app = await WebhooksApp.StartAsync(_shop);
        _shop.Shop.Sell("A", "o1");
        _shop.Shop.Sell("B", "o2");
        await app.SendAsync("e1|OrderCreated|acc-1|A|o1");
        await app.IdleAsync();

        // As after the discovery that follows a connect: the sync was never run as a whole.
        await app.Get<SyncScheduler>().ResumeAsync(WebhooksApp.Id, Token);
        await app.EventuallyAsync(async () => (await app.RunsAsync(StreamName.Sales)).Any(static run => run is { Trigger: RunTrigger.Connect, EndedAt: not null }));

        Assert.Contains("o2", await app.FedAsync());
    }

    [Fact]
    public async Task A_schedule_that_falls_due_amid_a_webhooks_run_is_made_up_for_after_it()
    {
        await using var app = await WebhooksApp.StartAsync(_shop);
        var sync = new Sync { Connection = WebhooksApp.Id, Stream = StreamName.Sales, Schedule = "* * * * *", Enabled = true };
        await app.Get<IRegistry>().WriteAsync(transaction => transaction.Put(Sync.Collection, sync), Token);
        await app.Get<SyncScheduler>().ResumeAsync(WebhooksApp.Id, Token);
        await app.IdleAsync();
        var go = await HoldARunAsync(app);
        Assert.DoesNotContain(await app.RunsAsync(StreamName.Sales), static run => run.Trigger == RunTrigger.Schedule);

        app.Clock.Advance(TimeSpan.FromMinutes(1));
        go.SetResult();
        await app.EventuallyAsync(async () => (await app.ToldAsync()).Count > 0);

        await app.EventuallyAsync(async () => (await app.RunsAsync(StreamName.Sales)).Any(static run => run.Trigger == RunTrigger.Schedule));
    }

    [Fact]
    public async Task A_location_that_is_well_does_not_hide_the_trouble_of_another()
    {
        _shop.Shop.Sell("A", "o1");
        _shop.Shop.Sell("B", "o2");
        _shop.Shop.BeforePage = static (location, _, _) => location == "B" ? throw new DriverException(FailureKind.Defect, "cannot be mapped") : ValueTask.CompletedTask;
        await using var app = await WebhooksApp.StartAsync(_shop);
        await app.Get<SyncScheduler>().ResumeAsync(WebhooksApp.Id, Token);
        await app.IdleAsync();
        var before = await app.ConnectionAsync();

        await app.SendAsync("e1|OrderCreated|acc-1|A|o1");
        await app.IdleAsync();

        Assert.Equal(ConnectionStatus.NeedsAttention, before.Status);
        Assert.Equal(SyncOutcome.Completed, (await app.RunsAsync(StreamName.Sales))[0].Outcome);
        Assert.Equal(before, await app.ConnectionAsync());
    }

    /// <summary>A webhook's run of location A that is under way until the source is set.</summary>
    private async Task<TaskCompletionSource> HoldARunAsync(WebhooksApp app)
    {
        var reached = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        _shop.Shop.Sell("A", "o1");
        _shop.Shop.BeforePage = async (_, _, token) =>
        {
            reached.TrySetResult();
            await go.Task.WaitAsync(token);
        };
        await app.SendAsync("e0|OrderUpdated|acc-1|A|o1");
        await app.EventuallyAsync(() => Task.FromResult(reached.Task.IsCompleted));
        return go;
    }

    private static InboxEntry Entry(string id) => new() { Driver = new DriverId("shop"), EventId = id, Kind = Sdk.Webhooks.ServiceEventKind.Other, ReceivedAt = DateTimeOffset.UnixEpoch };
}
