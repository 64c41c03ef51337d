using System.Net;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Tests.Syncing;
using Sous.Plugins.Host.Webhooks.Channels;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Files;

namespace Sous.Plugins.Host.Tests.Webhooks;

/// <summary>Push channels: open while the connection works, succeeded before they expire, and each known by its own address and token.</summary>
public sealed class ChannelTests
{
    private readonly HookedShop _shop = new() { HasChannels = true };

    public ChannelTests() => _shop.Shop.Manifest = HookedShop.FilesManifest;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_channel_is_opened_once_files_were_fetched_and_followed_by_the_next_before_it_expires()
    {
        await using var app = await StartAsync();
        await OpenedAsync(app, 1);
        var first = await ChannelAsync(app);

        app.Clock.Advance(TimeSpan.FromHours(17));
        await app.EventuallyAsync(() => Task.FromResult(true));
        Assert.Equal(first, await ChannelAsync(app));
        app.Clock.Advance(TimeSpan.FromHours(2));
        await OpenedAsync(app, 2);

        // The old one is closed only after the new one is open.
        var second = _shop.Opened[1].ChannelId;
        await app.EventuallyAsync(() => Task.FromResult(_shop.ChannelCalls.Count == 3));
        Assert.Equal([$"open {first.Id}", $"open {second}", $"close {first.Id}"], _shop.ChannelCalls);
        Assert.True(first.ExpiresAt > app.Clock.GetUtcNow(), "The old channel was to be good still.");
    }

    [Fact]
    public async Task A_restart_keeps_the_channel_and_forgets_one_that_was_being_opened()
    {
        await using var app = await StartAsync();
        await OpenedAsync(app, 1);
        var open = await ChannelAsync(app);
        await app.Get<IRegistry>().WriteAsync(transaction => transaction.Put(WatchedChannel.Collection, open with { Id = "chn_0123456789ABCDEFGHIJKL", ResourceId = null }), Token);

        await app.RestartAsync();
        await app.EventuallyAsync(async () => (await app.Get<IRegistry>().ListAsync(WatchedChannel.Collection, "", Token)).Count == 1);

        Assert.Equal(open, await ChannelAsync(app));
        Assert.Single(_shop.Opened);
    }

    [Fact]
    public async Task By_a_clock_that_goes_months_ahead_a_channel_is_opened_once_an_hour_and_the_one_before_it_closed()
    {
        _shop.ChannelLife = TimeSpan.FromDays(-120);
        await using var app = await StartAsync();
        await OpenedAsync(app, 1);
        // From here on the next is due: before, the hour would count from wherever the clock has gone meanwhile.
        await app.EventuallyAsync(() => Task.FromResult(app.Get<ChannelKeeper>().NextOf(WebhooksApp.Id) > app.Clock.GetUtcNow()));
        app.Clock.Advance(TimeSpan.FromMinutes(50));
        await app.EventuallyAsync(() => Task.FromResult(true));
        await OpenedAsync(app, 1);

        app.Clock.Advance(TimeSpan.FromMinutes(11));
        await OpenedAsync(app, 2);

        Assert.Equal([$"open {_shop.Opened[0].ChannelId}", $"close {_shop.Opened[0].ChannelId}", $"open {_shop.Opened[1].ChannelId}"], _shop.ChannelCalls);
    }

    [Fact]
    public async Task Other_settings_have_a_channel_of_their_own_once_files_were_fetched_by_them()
    {
        await using var app = await StartAsync();
        await OpenedAsync(app, 1);
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        var changed = (await app.ConnectionAsync()) with { SettingsChangedAt = app.Clock.GetUtcNow() };
        await app.Get<IRegistry>().WriteAsync(transaction => transaction.Put(Connection.Collection, changed), Token);
        app.Get<ConnectionEvents>().RaiseConnected(changed, Token);
        await app.EventuallyAsync(() => Task.FromResult(true));
        Assert.Single(_shop.Opened);

        app.Clock.Advance(TimeSpan.FromMinutes(1));
        var store = app.Get<IChangeStore>();
        var run = await store.BeginRunAsync(
            new SyncRun { Id = "run_1", Tenant = SyncingHost.Tenant, Connection = WebhooksApp.Id, Stream = StreamName.Files, Trigger = RunTrigger.Settings, Outcome = SyncOutcome.Running, StartedAt = app.Clock.GetUtcNow() },
            Token);
        await store.EndRunAsync(run with { Outcome = SyncOutcome.Completed, EndedAt = app.Clock.GetUtcNow() }, [], Token);
        app.Get<ConnectionEvents>().RaiseConnected(changed, Token);

        await OpenedAsync(app, 2);
        await app.EventuallyAsync(() => Task.FromResult(_shop.ChannelCalls.Count == 3));
        Assert.Equal($"close {_shop.Opened[0].ChannelId}", _shop.ChannelCalls[^1]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_is_closed_when_its_connection_pauses_or_leaves(bool pauses)
    {
        await using var app = await StartAsync();
        await OpenedAsync(app, 1);
        var connection = await app.ConnectionAsync();

        if (pauses)
        {
            await app.Get<IRegistry>().WriteAsync(transaction => transaction.Put(Connection.Collection, connection with { Status = ConnectionStatus.Paused }), Token);
            app.Get<ConnectionEvents>().RaisePaused(connection, Token);
        }
        else
        {
            await app.Get<ConnectionEvents>().RaiseLeavingAsync(connection, Token);
        }

        await app.EventuallyAsync(async () => (await app.Get<IRegistry>().ListAsync(WatchedChannel.Collection, "", Token)).Count == 0);
        Assert.Equal($"close {_shop.Opened[0].ChannelId}", _shop.ChannelCalls[^1]);
    }

    [Fact]
    public async Task A_push_is_taken_by_its_own_address_and_token_alone_and_asks_for_the_files()
    {
        await using var app = await StartAsync();
        await OpenedAsync(app, 1);
        await app.ConnectAsync(new ConnectionId("con_2"), "acc-2");
        await WatchAsync(app, new ConnectionId("con_2"));
        await OpenedAsync(app, 2);
        var (mine, other) = (_shop.Opened[0], _shop.Opened[1]);

        Assert.Equal(HttpStatusCode.Unauthorized, await PushAsync(app, mine.Address, other.ChannelToken));
        Assert.Equal(HttpStatusCode.Unauthorized, await PushAsync(app, app.Registered, mine.ChannelToken));
        Assert.Equal(HttpStatusCode.Unauthorized, await PushAsync(app, new Uri(mine.Address.AbsoluteUri.Replace(mine.ChannelId, other.ChannelId, StringComparison.Ordinal)), mine.ChannelToken));
        Assert.Equal(HttpStatusCode.OK, await PushAsync(app, mine.Address, mine.ChannelToken));

        await app.EventuallyAsync(async () => (await app.RunsAsync(StreamName.Files)).Any(static run => run.Trigger == RunTrigger.Webhook));
        Assert.DoesNotContain(await app.Get<IChangeStore>().ListRunsAsync(new ConnectionId("con_2"), null, 10, Token), static run => run.Trigger == RunTrigger.Webhook);
    }

    [Fact]
    public async Task A_push_that_comes_before_the_answer_to_the_opening_is_taken()
    {
        HttpStatusCode? early = null;
        WebhooksApp? started = null;
        _shop.OnOpening = async request => early ??= await PushAsync(started!, request.Address, request.ChannelToken);
        await using var app = started = await WebhooksApp.StartAsync(_shop);
        await WatchAsync(app, WebhooksApp.Id);

        await OpenedAsync(app, 1);

        Assert.Equal(HttpStatusCode.OK, early);
    }

    [Fact]
    public async Task One_that_cannot_be_opened_is_tried_again_and_told_once()
    {
        var failures = 3;
        _shop.OnOpening = _ => failures-- > 0 ? throw new DriverException(FailureKind.Transient, "not now") : Task.CompletedTask;
        await using var app = await StartAsync();

        await app.EventuallyAsync(() =>
        {
            app.Clock.Advance(TimeSpan.FromSeconds(10));
            return Task.FromResult(_shop.Opened.Count == 1);
        });

        Assert.Single(app.Logs.Lines, static line => line.Contains("No push channel could be kept", StringComparison.Ordinal));
        Assert.Single(await app.Get<IRegistry>().ListAsync(WatchedChannel.Collection, "", Token));
    }

    private async Task<WebhooksApp> StartAsync()
    {
        var app = await WebhooksApp.StartAsync(_shop);
        await WatchAsync(app, WebhooksApp.Id);
        return app;
    }

    /// <summary>As after a run of the files.</summary>
    private static async Task WatchAsync(WebhooksApp app, ConnectionId id)
    {
        await app.Get<IChangeStore>().ChangeCheckpointsAsync(new SyncKey(id, StreamName.Files), [(null, new Checkpoint("1"))], static _ => { }, app.Clock.GetUtcNow(), Token);
        app.Get<ConnectionEvents>().RaiseConnected((await app.Get<ConnectionStore>().FindAsync(id, Token))!, Token);
    }

    private Task OpenedAsync(WebhooksApp app, int count) => app.EventuallyAsync(async ()
        => _shop.Opened.Count == count && (await app.Get<IRegistry>().ListAsync(WatchedChannel.Collection, "", Token)).All(static channel => channel.ResourceId is not null));

    private static async Task<WatchedChannel> ChannelAsync(WebhooksApp app) => Assert.Single(await app.Get<IRegistry>().ListAsync(WatchedChannel.Collection, "", Token));

    private static async Task<HttpStatusCode> PushAsync(WebhooksApp app, Uri address, Secret token)
    {
        using var answer = await app.PostAsync(address, new StringContent($"{Guid.NewGuid()}|FileChanged|||"), ("X-Token", token.Reveal()));
        return answer.StatusCode;
    }
}
