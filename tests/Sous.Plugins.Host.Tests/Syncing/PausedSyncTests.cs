using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Syncing;

/// <summary>What has failed for weeks and does not pass by waiting is tried once a day, says so, and comes back; an outage is tried on as ever.</summary>
public sealed class PausedSyncTests
{
    private static readonly TimeSpan s_weeks = TimeSpan.FromDays(15);
    private readonly Shop _shop = new();

    public PausedSyncTests()
    {
        _shop.Open("A");
        _shop.Sell("A", "A1");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_defect_of_weeks_is_tried_once_a_day_also_after_a_restart_and_a_try_that_goes_well_brings_the_schedule_back()
    {
        await using var first = await StartedAsync();
        Fail(static () => new InvalidOperationException("A bug."));
        await FailForAsync(first, TimeSpan.FromDays(13));
        Assert.Null(first.Scheduler.ProblemOf(SyncingHost.SalesKey));

        await FailForAsync(first, TimeSpan.FromDays(2));
        AssertPaused(first);
        Assert.Contains("InvalidOperationException", first.Scheduler.ProblemOf(SyncingHost.SalesKey), StringComparison.Ordinal);

        await using var host = await first.ReopenAsync();
        host.Clock.Advance(TimeSpan.FromDays(1));
        await host.StartAsync();
        host.Clock.Advance(TimeSpan.Zero);
        await host.NextEndedAsync(StreamName.Sales);
        AssertPaused(host);
        Assert.Equal("1", await host.CheckpointAsync("A"));

        _shop.BeforePage = static (_, _, _) => default;
        host.Clock.Advance(Wait(host));
        Assert.Equal(SyncOutcome.Completed, (await host.NextEndedAsync(StreamName.Sales)).Outcome);
        Assert.Null(host.Scheduler.ProblemOf(SyncingHost.SalesKey));
        Assert.Equal(TimeSpan.FromMinutes(30), Wait(host));
        Assert.Equal(["A1", "A2"], await host.FedSalesAsync());
    }

    [Fact]
    public async Task Who_resumes_it_has_the_schedule_again_at_once_and_for_as_long_as_before()
    {
        await using var host = await StartedAsync();
        Fail(static () => new DriverException(FailureKind.Transient, "It repeats itself.") { IsSuspect = true });
        await FailForAsync(host, s_weeks);
        AssertPaused(host);

        await host.Scheduler.ResumeAsync(SyncingHost.Id, Token);
        host.Clock.Advance(TimeSpan.Zero);
        Assert.Null(host.Scheduler.ProblemOf(SyncingHost.SalesKey));
        Assert.InRange(Wait(host), TimeSpan.Zero, TimeSpan.FromMinutes(30));
    }

    [Fact]
    public async Task An_outage_of_weeks_is_tried_on_as_ever_and_asks_nobody_to_act()
    {
        await using var host = await StartedAsync();
        Fail(static () => new DriverException(FailureKind.Transient, "It is down."));
        await FailForAsync(host, s_weeks);

        Assert.Null(host.Scheduler.ProblemOf(SyncingHost.SalesKey));
        Assert.InRange(Wait(host), TimeSpan.Zero, TimeSpan.FromMinutes(30));
        Assert.Equal((ConnectionStatus.NeedsAttention, Actor.Nobody), ((await host.ConnectionAsync()).Status, (await host.ConnectionAsync()).Actor));
    }

    [Fact]
    public async Task A_location_that_fails_for_weeks_does_not_pause_the_others()
    {
        _shop.Open("B");
        _shop.Sell("B", "B1");
        await using var host = await StartedAsync();
        Fail(static () => new InvalidOperationException("A bug."));
        _shop.Sell("B", "B2");
        await FailForAsync(host, s_weeks, TimeSpan.FromHours(6));

        Assert.Null(host.Scheduler.ProblemOf(SyncingHost.SalesKey));
        Assert.Contains("B2", await host.FedSalesAsync());
    }

    private static void AssertPaused(SyncingHost host)
    {
        Assert.StartsWith("The host paused it: no run has come through since 2026-03-14 ", host.Scheduler.ProblemOf(SyncingHost.SalesKey), StringComparison.Ordinal);
        Assert.InRange(Wait(host), TimeSpan.FromHours(21.9), TimeSpan.FromHours(23));
    }

    /// <summary>Sales each half an hour, fetched once.</summary>
    private async Task<SyncingHost> StartedAsync()
    {
        var host = await SyncingHost.OpenAsync(_shop);
        await host.Syncs.SaveAsync(
            new Sync { Connection = SyncingHost.Id, Stream = StreamName.Sales, Schedule = "*/30 * * * *", Enabled = true }, null, AuditEntry.Make(SyncingHost.Start, "test", "sync.changed"), Token);
        await host.StartAsync();
        host.Clock.Advance(TimeSpan.Zero);
        await host.NextEndedAsync(StreamName.Sales);
        return host;
    }

    private void Fail(Func<Exception> failure)
    {
        _shop.Sell("A", "A2");
        _shop.BeforePage = (location, _, _) => location == "A" ? throw failure() : default;
    }

    /// <summary>Lets the runs of the sales fail one after another.</summary>
    /// <param name="atLeast">The shortest step.</param>
    private static async Task FailForAsync(SyncingHost host, TimeSpan time, TimeSpan atLeast = default)
    {
        for (var until = host.Clock.GetUtcNow() + time; host.Clock.GetUtcNow() < until;)
        {
            // A retry may be due within a second.
            host.Clock.Advance((Wait(host) > atLeast ? Wait(host) : atLeast) + TimeSpan.FromSeconds(1));
            Assert.NotEqual(SyncOutcome.Completed, (await host.NextEndedAsync(StreamName.Sales)).Outcome);
        }
    }

    private static TimeSpan Wait(SyncingHost host) => host.Scheduler.NextOf(SyncingHost.SalesKey)!.Value - host.Clock.GetUtcNow();
}
