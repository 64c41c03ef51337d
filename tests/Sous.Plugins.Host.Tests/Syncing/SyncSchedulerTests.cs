using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Syncing;

/// <summary>Invariant 16: schedules in each location's own zone, run once when overdue, overlap skipped; and the way back from each failure.</summary>
public sealed class SyncSchedulerTests
{
    private readonly Shop _shop = new();

    public SyncSchedulerTests()
    {
        _shop.Open("A", "Europe/Berlin");
        _shop.Sell("A", "A1");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_that_never_ran_runs_at_once_and_then_by_its_schedule()
    {
        await using var host = await StartedAsync();

        // 05:00 in Berlin, and the catalogue half an hour later.
        Assert.Equal(new DateTimeOffset(2026, 3, 15, 4, 0, 0, TimeSpan.Zero), host.Scheduler.NextOf(SyncingHost.SalesKey));
        host.Clock.Advance(TimeSpan.FromHours(16));
        Assert.Equal(RunTrigger.Schedule, (await host.NextEndedAsync(StreamName.Sales)).Trigger);
        Assert.Equal(new DateTimeOffset(2026, 3, 16, 4, 0, 0, TimeSpan.Zero), host.Scheduler.NextOf(SyncingHost.SalesKey));
    }

    [Fact]
    public async Task Each_zone_of_a_connections_locations_makes_it_due_and_a_named_zone_makes_it_due_alone()
    {
        _shop.Open("B", "America/New_York");
        _shop.Open("C", "America/New_York");
        await using var host = await StartedAsync();

        host.Clock.Advance(TimeSpan.FromHours(16));
        await host.NextEndedAsync(StreamName.Sales);
        Assert.Equal(new DateTimeOffset(2026, 3, 15, 9, 0, 0, TimeSpan.Zero), host.Scheduler.NextOf(SyncingHost.SalesKey));
        host.Clock.Advance(TimeSpan.FromHours(5));
        await host.NextEndedAsync(StreamName.Sales);

        await SetAsync(host, "0 5 * * *", "Asia/Tokyo");
        Assert.Equal(new DateTimeOffset(2026, 3, 15, 20, 0, 0, TimeSpan.Zero), host.Scheduler.NextOf(SyncingHost.SalesKey));
        host.Clock.Advance(TimeSpan.FromHours(11));
        await host.NextEndedAsync(StreamName.Sales);
        Assert.Equal(new DateTimeOffset(2026, 3, 16, 20, 0, 0, TimeSpan.Zero), host.Scheduler.NextOf(SyncingHost.SalesKey));
    }

    [Fact]
    public async Task What_was_missed_while_the_host_was_down_is_made_up_for_by_one_run()
    {
        await using var first = await StartedAsync();
        await using var host = await first.ReopenAsync();
        host.Clock.Advance(TimeSpan.FromDays(3));

        await host.StartAsync();
        host.Clock.Advance(TimeSpan.Zero);

        var run = await host.NextEndedAsync(StreamName.Sales);
        Assert.Equal((RunTrigger.Schedule, SyncOutcome.Completed), (run.Trigger, run.Outcome));
        host.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Null(host.Queue.Find(SyncingHost.SalesKey));
        Assert.Equal(2, (await host.Store.ListRunsAsync(SyncingHost.Id, StreamName.Sales, 10, Token)).Count);
    }

    [Fact]
    public async Task What_was_not_missed_is_not_run_when_the_host_starts_again()
    {
        await using var first = await StartedAsync();
        await using var host = await first.ReopenAsync();
        host.Clock.Advance(TimeSpan.FromHours(1));

        await host.StartAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Null(host.Queue.Find(SyncingHost.SalesKey));
        Assert.Equal(new DateTimeOffset(2026, 3, 15, 4, 0, 0, TimeSpan.Zero), host.Scheduler.NextOf(SyncingHost.SalesKey));
    }

    [Fact]
    public async Task A_sync_that_is_due_while_its_run_is_under_way_is_passed_over()
    {
        await using var host = await StartedAsync(static options => (options.RunTimeout, options.PageTimeout) = (TimeSpan.FromHours(2), TimeSpan.FromHours(2)));
        await SetAsync(host, "*/10 * * * *");
        var (reached, go) = HoldSales();
        host.Clock.Advance(TimeSpan.FromMinutes(10));
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
        var running = host.Queue.Find(SyncingHost.SalesKey);

        host.Clock.Advance(TimeSpan.FromMinutes(10));
        host.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Same(running, host.Queue.Find(SyncingHost.SalesKey));
        go.SetResult();

        await host.NextEndedAsync(StreamName.Sales);
        Assert.Null(host.Queue.Find(SyncingHost.SalesKey));
        Assert.Equal(2, (await host.Store.ListRunsAsync(SyncingHost.Id, StreamName.Sales, 10, Token)).Count);
    }

    [Fact]
    public async Task What_falls_due_for_another_zone_while_a_run_is_under_way_runs_after_it()
    {
        _shop.Open("B", "Europe/London");
        await using var host = await StartedAsync(static options => (options.RunTimeout, options.PageTimeout) = (TimeSpan.FromHours(2), TimeSpan.FromHours(2)));
        var (reached, go) = HoldSales();
        host.Clock.Advance(TimeSpan.FromHours(16));
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);

        host.Clock.Advance(TimeSpan.FromHours(1));
        go.SetResult();

        Assert.Equal(new DateTimeOffset(2026, 3, 15, 4, 0, 0, TimeSpan.Zero), (await host.NextEndedAsync(StreamName.Sales)).StartedAt);
        Assert.Equal(new DateTimeOffset(2026, 3, 15, 5, 0, 0, TimeSpan.Zero), (await host.NextEndedAsync(StreamName.Sales)).StartedAt);
    }

    [Fact]
    public async Task A_failure_that_nobody_must_act_on_is_tried_again_ever_later_and_then_the_schedule_goes_on()
    {
        await using var host = await StartedAsync();
        await SetAsync(host, "*/10 * * * *");
        Fail(FailureKind.Transient);
        host.Clock.Advance(TimeSpan.FromMinutes(10));
        await host.NextEndedAsync(StreamName.Sales);

        // Twice as long each time, up to a quarter of it less; the schedule is passed over meanwhile.
        foreach (var seconds in (int[])[30, 60, 120, 240, 480, 960, 1800, 1800])
        {
            var failed = host.Clock.GetUtcNow();
            await AdvanceUntilDueAsync(host);
            Assert.InRange(host.Clock.GetUtcNow() - failed, TimeSpan.FromSeconds(0.75 * seconds), TimeSpan.FromSeconds(seconds + 5));
            await host.NextEndedAsync(StreamName.Sales);
        }

        _shop.BeforePage = static (_, _, _) => default;
        await AdvanceUntilDueAsync(host);
        Assert.Equal(SyncOutcome.Completed, (await host.NextEndedAsync(StreamName.Sales)).Outcome);
        Assert.InRange(host.Scheduler.NextOf(SyncingHost.SalesKey)!.Value - host.Clock.GetUtcNow(), TimeSpan.Zero, TimeSpan.FromMinutes(10));
    }

    [Fact]
    public async Task A_service_that_asks_to_wait_is_asked_again_to_the_second()
    {
        await using var host = await StartedAsync();
        await SetAsync(host, "*/10 * * * *");
        Fail(FailureKind.RateLimited, TimeSpan.FromMinutes(37));
        host.Clock.Advance(TimeSpan.FromMinutes(10));
        await host.NextEndedAsync(StreamName.Sales);

        for (var second = 0; second < (37 * 60) - 1; second++)
        {
            host.Clock.Advance(TimeSpan.FromSeconds(1));
            Assert.Null(host.Queue.Find(SyncingHost.SalesKey));
        }

        host.Clock.Advance(TimeSpan.FromSeconds(1));
        await host.NextEndedAsync(StreamName.Sales);
    }

    [Fact]
    public async Task A_connection_that_needs_reconnecting_does_not_run_until_it_is_resumed()
    {
        await using var host = await StartedAsync();
        await SetAsync(host, "*/10 * * * *");
        Fail(FailureKind.Unauthorized);
        host.Clock.Advance(TimeSpan.FromMinutes(10));
        await host.NextEndedAsync(StreamName.Sales);

        host.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Null(host.Queue.Find(SyncingHost.SalesKey));
        Assert.Null(host.Scheduler.NextOf(SyncingHost.SalesKey));

        _shop.BeforePage = static (_, _, _) => default;
        await host.ConnectAsync();
        await host.Scheduler.ResumeAsync(SyncingHost.Id, Token);
        host.Clock.Advance(TimeSpan.Zero);
        Assert.Equal(SyncOutcome.Completed, (await host.NextEndedAsync(StreamName.Sales)).Outcome);
    }

    [Fact]
    public async Task What_the_operator_must_mend_stops_the_schedule_until_a_run_on_request_goes_well()
    {
        await using var host = await StartedAsync();
        await SetAsync(host, "*/10 * * * *");
        Fail(FailureKind.Misconfigured);
        host.Clock.Advance(TimeSpan.FromMinutes(10));
        await host.NextEndedAsync(StreamName.Sales);
        Assert.Null(host.Scheduler.NextOf(SyncingHost.SalesKey));
        Assert.Contains("went wrong", host.Scheduler.ProblemOf(SyncingHost.SalesKey));

        _shop.BeforePage = static (_, _, _) => default;
        await RequestAsync(host);

        Assert.Null(host.Scheduler.ProblemOf(SyncingHost.SalesKey));
        Assert.Equal(host.Clock.GetUtcNow().AddMinutes(10), host.Scheduler.NextOf(SyncingHost.SalesKey));
    }

    [Theory]
    [InlineData(1), InlineData(0)]
    public async Task What_one_location_lacks_stops_neither_the_others_nor_the_schedule_also_where_they_meet_an_outage(int stored)
    {
        _shop.Open("B", "Europe/Berlin");
        await using var host = await StartedAsync();
        await SetAsync(host, "*/10 * * * *");
        _shop.BeforePage = (location, _, _) => location == "A" ? throw new DriverException(FailureKind.Misconfigured, "It may not read this restaurant.")
            : stored == 0 && location == "B" ? throw new DriverException(FailureKind.RateLimited, "It asks for fewer requests.") : default;
        _shop.Sell("B", "B-late");
        _shop.Sell("A", "A-late");
        host.Clock.Advance(TimeSpan.FromMinutes(10));

        var run = await host.NextEndedAsync(StreamName.Sales);

        Assert.Equal((SyncOutcome.NeedsAttention, (long)stored), (run.Outcome, run.Inserted));
        Assert.Contains("It may not read this restaurant.", (await host.ConnectionAsync()).Cause, StringComparison.Ordinal);
        Assert.Equal(host.Clock.GetUtcNow().AddMinutes(10), host.Scheduler.NextOf(SyncingHost.SalesKey));

        // As little where it is fetched alone, which whoever asked for it sees to.
        await host.Queue.AddAsync(new RunRequest(SyncingHost.Tenant, SyncingHost.Driver, SyncingHost.SalesKey, RunTrigger.Day) { Locations = ["A"] }, Token);
        Assert.Equal(SyncOutcome.NeedsAttention, (await host.NextEndedAsync(StreamName.Sales)).Outcome);
        Assert.Null(host.Scheduler.ProblemOf(SyncingHost.SalesKey));
        Assert.Equal(host.Clock.GetUtcNow().AddMinutes(10), host.Scheduler.NextOf(SyncingHost.SalesKey));
    }

    [Fact]
    public async Task A_run_that_was_to_be_tried_again_when_an_operator_had_to_mend_something_keeps_the_schedule_from_nothing()
    {
        await using var host = await StartedAsync();
        await SetAsync(host, "*/10 * * * *");
        Fail(FailureKind.Transient);
        host.Clock.Advance(TimeSpan.FromMinutes(10));
        await host.NextEndedAsync(StreamName.Sales);
        _shop.BeforePage = static (_, _, _) => throw new DriverException(FailureKind.Misconfigured, "It may not read this restaurant.");
        await RequestAsync(host);
        _shop.BeforePage = static (_, _, _) => default;
        await RequestAsync(host);

        host.Clock.Advance(TimeSpan.FromMinutes(10));

        Assert.Equal(RunTrigger.Schedule, (await host.NextEndedAsync(StreamName.Sales)).Trigger);
    }

    [Fact]
    public async Task A_bad_schedule_in_a_manifest_stops_that_sync_alone_and_is_named()
    {
        _shop.Manifest = Shop.DefaultManifest with { Streams = [Shop.DefaultManifest.Streams[0] with { Schedule = "at five" }, Shop.DefaultManifest.Streams[1]] };
        await using var host = await SyncingHost.OpenAsync(_shop);

        await host.StartAsync();
        host.Clock.Advance(TimeSpan.Zero);

        Assert.Equal(StreamName.Catalog, (await host.NextEndedAsync()).Run.Stream);
        Assert.Contains("'at five'", host.Scheduler.ProblemOf(SyncingHost.SalesKey));
        Assert.Null(host.Scheduler.NextOf(SyncingHost.SalesKey));
    }

    [Fact]
    public async Task A_run_that_a_killed_host_left_open_is_ended_and_taken_up_again()
    {
        await using var first = await SyncingHost.OpenAsync(_shop);
        var cut = await first.Store.BeginRunAsync(first.Active().Run, Token);
        await using var host = await first.ReopenAsync();

        await host.StartAsync();
        host.Clock.Advance(TimeSpan.Zero);

        var run = await host.NextEndedAsync(StreamName.Sales);
        Assert.Equal((cut.Trigger, SyncOutcome.Completed), (run.Trigger, run.Outcome));
        var left = await host.Store.FindRunAsync(cut.Id, Token);
        Assert.Equal((SyncOutcome.RetryLater, "The host stopped while it ran."), (left!.Outcome, left.Reason));
    }

    [Fact]
    public async Task Only_so_many_runs_are_under_way_at_once_and_none_is_lost()
    {
        await using var host = await SyncingHost.OpenAsync(_shop, static options => options.MaxConcurrentRuns = 1);
        var reached = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        _shop.BeforePage = async (_, _, _) =>
        {
            reached.TrySetResult();
            await go.Task;
        };
        await host.StartAsync();
        host.Clock.Advance(TimeSpan.Zero);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);

        Assert.Equal(2, host.Queue.Active.Count());
        Assert.Single(host.Queue.Active, static active => active.HasBegun);
        go.SetResult();

        await host.NextEndedAsync();
        await host.NextEndedAsync();
        Assert.Empty(host.Queue.Active);
    }

    [Fact]
    public async Task A_service_that_hangs_keeps_the_runs_of_no_other_waiting()
    {
        await using var host = await SyncingHost.OpenAsync(_shop, static options => (options.MaxConcurrentRuns, options.MaxRunsPerService) = (2, 1));
        var (reached, go) = HoldSales();
        await host.StartAsync();
        await host.Queue.AddAsync(new RunRequest(SyncingHost.Tenant, SyncingHost.Driver, SyncingHost.SalesKey, RunTrigger.Request), Token);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
        var other = new ConnectionId("con_2");
        await host.Registry.WriteAsync(
            transaction => transaction.Put(Connection.Collection, new Connection
            {
                Id = other,
                Tenant = SyncingHost.Tenant,
                Driver = new DriverId("other"),
                Status = ConnectionStatus.Ok,
                CreatedAt = SyncingHost.Start,
                ChangedAt = SyncingHost.Start,
            }),
            Token);

        await host.Queue.AddAsync(new RunRequest(SyncingHost.Tenant, SyncingHost.Driver, new SyncKey(SyncingHost.Id, StreamName.Catalog), RunTrigger.Request), Token);
        await host.Queue.AddAsync(new RunRequest(SyncingHost.Tenant, new DriverId("other"), new SyncKey(other, StreamName.Sales), RunTrigger.Request), Token);

        Assert.Equal(other, (await host.NextEndedAsync()).Run.Connection);
        go.SetResult();
        Assert.Equal(StreamName.Sales, (await host.NextEndedAsync()).Run.Stream);
        Assert.Equal(StreamName.Catalog, (await host.NextEndedAsync()).Run.Stream);
    }

    [Fact]
    public async Task A_disabled_sync_and_a_connection_that_is_gone_do_not_run()
    {
        await using var host = await StartedAsync();
        await host.Syncs.SaveAsync(new Sync { Connection = SyncingHost.Id, Stream = StreamName.Sales, Schedule = "0 5 * * *", Enabled = false }, null, Audit(), Token);
        await host.Scheduler.ChangedAsync(SyncingHost.Id, Token);
        Assert.Null(host.Scheduler.NextOf(SyncingHost.SalesKey));

        await host.Scheduler.RemoveAsync(SyncingHost.Id, Token);
        host.Clock.Advance(TimeSpan.FromDays(2));

        Assert.Empty(host.Queue.Active);
    }

    private async Task<SyncingHost> StartedAsync(Action<SyncingOptions>? configure = null)
    {
        var host = await SyncingHost.OpenAsync(_shop, configure);
        await host.StartAsync();
        host.Clock.Advance(TimeSpan.Zero);
        Assert.Equal(RunTrigger.Connect, (await host.NextEndedAsync()).Run.Trigger);
        Assert.Equal(RunTrigger.Connect, (await host.NextEndedAsync()).Run.Trigger);
        return host;
    }

    private static async Task RequestAsync(SyncingHost host)
    {
        await host.Queue.AddAsync(new RunRequest(SyncingHost.Tenant, SyncingHost.Driver, SyncingHost.SalesKey, RunTrigger.Request), Token);
        await host.NextEndedAsync(StreamName.Sales);
    }

    private static async Task SetAsync(SyncingHost host, string schedule, string? zone = null)
    {
        await host.Syncs.SaveAsync(new Sync { Connection = SyncingHost.Id, Stream = StreamName.Sales, Schedule = schedule, TimeZone = zone, Enabled = true }, null, Audit(), Token);
        await host.Scheduler.ChangedAsync(SyncingHost.Id, Token);
    }

    private static AuditEntry Audit() => AuditEntry.Make(SyncingHost.Start, "test", "sync.changed");

    private void Fail(FailureKind kind, TimeSpan? wait = null)
    {
        _shop.Sell("A", "A2");
        _shop.BeforePage = (location, _, _) => location == "catalog" ? default : throw new DriverException(kind, "It went wrong.", wait);
    }

    private (TaskCompletionSource Reached, TaskCompletionSource Go) HoldSales()
    {
        var (reached, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        _shop.Sell("A", "A2");
        _shop.BeforePage = async (location, _, _) =>
        {
            if (location != "catalog")
            {
                reached.TrySetResult();
                await go.Task;
            }
        };
        return (reached, go);
    }

    /// <summary>Lets time pass, five seconds at a time, until the sales are due.</summary>
    private static async Task AdvanceUntilDueAsync(SyncingHost host)
    {
        var requests = host.Shop.Requests.Count;
        while (host.Queue.Find(SyncingHost.SalesKey) is null && host.Shop.Requests.Count == requests)
        {
            host.Clock.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }
    }
}
