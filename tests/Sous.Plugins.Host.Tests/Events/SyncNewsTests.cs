using Sous.Plugins.Host.Authorization.Revoking;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Tests.Syncing;
using Sous.Plugins.Host.Tests.Webhooks;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Events;

/// <summary>That a stream's runs begin to fail is told, not that each of them did.</summary>
public sealed class SyncNewsTests
{
    private readonly HookedShop _shop = new();
    private int _sold;

    public SyncNewsTests() => _shop.Shop.Open("A");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_outage_is_told_with_its_second_run_and_once_and_trouble_that_somebody_must_mend_at_once()
    {
        await using var app = await WebhooksApp.StartAsync(_shop);
        await RunAsync(app, SyncOutcome.Completed);
        Fail(FailureKind.Transient, "The service does not answer.");
        await RunAsync(app, SyncOutcome.RetryLater);
        await RunAsync(app, SyncOutcome.RetryLater);
        await RunAsync(app, SyncOutcome.RetryLater);
        Fail(FailureKind.Misconfigured, "The location is not there.");
        await RunAsync(app, SyncOutcome.NeedsAttention);
        await RunAsync(app, SyncOutcome.NeedsAttention);
        _shop.Shop.BeforePage = static (_, _, _) => ValueTask.CompletedTask;
        await RunAsync(app, SyncOutcome.Completed);
        Fail(FailureKind.Transient, "The service does not answer.");
        await RunAsync(app, SyncOutcome.RetryLater);
        _shop.Shop.BeforePage = static (_, _, _) => ValueTask.CompletedTask;
        await RunAsync(app, SyncOutcome.Completed);
        Fail(FailureKind.Misconfigured, "The scope is missing.");
        await RunAsync(app, SyncOutcome.NeedsAttention);
        await app.EventuallyAsync(async () => (await ToldAsync(app)).Count == 3);

        var told = await ToldAsync(app);
        Assert.Equal(
            [("Shop A: The service does not answer.", null), ("Shop A: The location is not there.", Actor.Operator), ("Shop A: The scope is missing.", Actor.Operator)],
            told.Select(static one => (one.Cause, one.Actor)));
        Assert.All(told, static one => Assert.Equal((WebhooksApp.Id, "sales"), (one.Connection!.Value, one.Stream)));
        Assert.All(told, static one => Assert.StartsWith("run_", one.Run, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_outage_over_restarts_is_told_once_and_the_next_one_again()
    {
        await using var app = await WebhooksApp.StartAsync(_shop);
        Fail(FailureKind.Transient, "The service does not answer.");
        await RunAsync(app, SyncOutcome.RetryLater);
        await CutOffAsync(app);
        await app.RestartAsync();
        await app.EventuallyAsync(async () => (await ToldAsync(app)).Count == 1);

        await RunAsync(app, SyncOutcome.RetryLater);
        await app.RestartAsync();
        await RunAsync(app, SyncOutcome.RetryLater);
        _shop.Shop.BeforePage = static (_, _, _) => ValueTask.CompletedTask;
        await RunAsync(app, SyncOutcome.Completed);
        Fail(FailureKind.Transient, "It does not answer again.");
        await RunAsync(app, SyncOutcome.RetryLater);
        await app.RestartAsync();
        await RunAsync(app, SyncOutcome.RetryLater);
        await app.EventuallyAsync(async () => (await ToldAsync(app)).Count >= 2);

        Assert.Equal(["The host stopped while it ran.", "Shop A: It does not answer again."], (await ToldAsync(app)).Select(static one => one.Cause));
    }

    [Fact]
    public async Task What_a_killed_host_left_untold_is_told_by_the_next_with_who_must_act()
    {
        await using var app = await WebhooksApp.StartAsync(_shop);
        Fail(FailureKind.Misconfigured, "The location is not there.");
        await RunAsync(app, SyncOutcome.NeedsAttention);
        await app.EventuallyAsync(async () => (await ToldAsync(app)).Count == 1);
        // As a host leaves it that is killed before it tells.
        await app.RestartAsync(works: false);
        await app.Get<IRegistry>().WriteAsync(
            transaction => (transaction.Delete(ToldFailure.Collection, Sync.KeyOf(SyncingHost.SalesKey)), EventLog.ForgetSome(transaction, SyncingHost.Tenant)),
            Token);

        await app.RestartAsync();
        await app.EventuallyAsync(async () => (await ToldAsync(app)).Count == 1);

        var told = Assert.Single(await ToldAsync(app));
        Assert.Equal(("Shop A: The location is not there.", Actor.Operator), (told.Cause, told.Actor));
    }

    [Fact]
    public async Task Of_a_connection_that_is_gone_nothing_is_kept()
    {
        await using var app = await WebhooksApp.StartAsync(_shop);
        Fail(FailureKind.Misconfigured, "The location is not there.");
        await RunAsync(app, SyncOutcome.NeedsAttention);
        await app.EventuallyAsync(async () => (await ToldAsync(app)).Count == 1);

        await app.Get<Revocations>().DisconnectAsync(SyncingHost.Tenant, WebhooksApp.Id, IfMatch.Any, "test", Token);

        await app.EventuallyAsync(async () => (await app.Get<IRegistry>().ListAsync(ToldFailure.Collection, "", Token)).Count == 0);
    }

    private void Fail(FailureKind kind, string sentence)
    {
        // Otherwise there is no page to fail before.
        _shop.Shop.Sell("A", $"o{++_sold}");
        _shop.Shop.BeforePage = (place, _, _) => place == "A" ? throw new DriverException(kind, sentence) : ValueTask.CompletedTask;
    }

    private static async Task RunAsync(WebhooksApp app, SyncOutcome expected)
    {
        var (_, run) = await app.Get<RunQueue>().AddAsync(new RunRequest(SyncingHost.Tenant, SyncingHost.Driver, new SyncKey(WebhooksApp.Id, StreamName.Sales), RunTrigger.Request), Token);
        Assert.Equal(expected, (await run.Ended.WaitAsync(Token)).Outcome);
    }

    /// <summary>A run begins, and the host is killed before it ends.</summary>
    private static Task<SyncRun> CutOffAsync(WebhooksApp app) => app.Get<IChangeStore>().BeginRunAsync(
        new SyncRun
        {
            Id = "run_cut",
            Tenant = SyncingHost.Tenant,
            Connection = WebhooksApp.Id,
            Stream = StreamName.Sales,
            Trigger = RunTrigger.Schedule,
            Outcome = SyncOutcome.Running,
            StartedAt = app.Clock.GetUtcNow(),
        },
        Token);

    private static async Task<List<PlatformEvent>> ToldAsync(WebhooksApp app)
        => [.. (await app.Get<EventLog>().ReadAsync(SyncingHost.Tenant, 0, 1000, new CancellationToken(true), Token))!.Items.Where(static told => told.Type == "sync.failed")];
}
