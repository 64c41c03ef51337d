using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;

namespace Sous.Plugins.Host.Tests.Syncing;

public sealed class SyncRunnerTests
{
    private readonly Shop _shop = new();

    public SyncRunnerTests()
    {
        foreach (var location in (string[])["A", "B", "C"])
        {
            _shop.Open(location);
            for (var sale = 1; sale <= 5; sale++)
            {
                _shop.Sell(location, $"{location}{sale}");
            }
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_stores_the_sales_of_every_location_and_a_checkpoint_for_each()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);

        var (run, _) = await host.RunAsync();

        Assert.Equal((SyncOutcome.Completed, 15L, 9), (run.Outcome, run.Inserted, run.Pages));
        Assert.Equal(15, (await host.FedSalesAsync()).Distinct().Count());
        Assert.Equal(["5", "5", "5"], [await host.CheckpointAsync("A"), await host.CheckpointAsync("B"), await host.CheckpointAsync("C")]);
        Assert.Equal(run, await host.Store.FindRunAsync(run.Id, Token));
        Assert.All(_shop.Requests, request => Assert.Equal(new InstantRange(SyncingHost.Start.AddDays(-30), SyncingHost.Start), request.Range));
    }

    [Fact]
    public async Task A_second_run_of_the_same_changes_nothing_and_says_so()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        await host.RunAsync();
        await host.RunAsync(StreamName.Catalog);

        var (sales, _) = await host.RunAsync();
        var (catalog, _) = await host.RunAsync(StreamName.Catalog);

        Assert.Equal("Nothing changed.", RunView.Of(sales).Summary);
        Assert.Equal("Nothing changed.", RunView.Of(catalog).Summary);
        Assert.Equal(1, catalog.Unchanged);
        Assert.Equal(16, (await host.FeedAsync()).Count);
    }

    [Fact]
    public async Task A_failure_midway_keeps_what_was_stored_and_the_next_run_goes_on_from_there()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        _shop.BeforePage = static (location, page, _) => (location, page) == ("B", 2) ? throw new DriverException(FailureKind.Transient, "The service is unwell.") : default;

        var (failed, _) = await host.RunAsync();

        Assert.Equal((SyncOutcome.RetryLater, "Shop B: The service is unwell."), (failed.Outcome, failed.Reason));
        // Invariant 15: the locations after it are not held back, and each has a checkpoint of its own.
        Assert.Equal(["5", "2", "5"], [await host.CheckpointAsync("A"), await host.CheckpointAsync("B"), await host.CheckpointAsync("C")]);
        _shop.BeforePage = static (_, _, _) => default;
        var (run, _) = await host.RunAsync();

        Assert.Equal((SyncOutcome.Completed, 3L, 0L), (run.Outcome, run.Inserted, run.Unchanged));
        Assert.Equal(15, (await host.FedSalesAsync()).Count);
    }

    [Theory]
    [InlineData(FailureKind.Transient, 0)]
    [InlineData(FailureKind.RateLimited, -3600)]
    public async Task A_wait_that_is_over_by_a_clock_that_goes_ahead_is_none(FailureKind kind, int seconds)
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        _shop.BeforePage = (_, _, _) => throw new DriverException(kind, "Not now.", TimeSpan.FromSeconds(seconds));

        var (_, end) = await host.RunAsync();

        Assert.Equal((SyncOutcome.RetryLater, (TimeSpan?)null), (end.Outcome, end.RetryAfter));
    }

    [Theory]
    [InlineData(FailureKind.Transient, nameof(SyncOutcome.RetryLater), nameof(Actor.Nobody), nameof(ConnectionStatus.Ok), 3)]
    [InlineData(FailureKind.RateLimited, nameof(SyncOutcome.RetryLater), nameof(Actor.Nobody), nameof(ConnectionStatus.Ok), 1)]
    [InlineData(FailureKind.Unauthorized, nameof(SyncOutcome.NeedsReconnect), nameof(Actor.Owner), nameof(ConnectionStatus.NeedsReconnect), 1)]
    [InlineData(FailureKind.Misconfigured, nameof(SyncOutcome.NeedsAttention), nameof(Actor.Operator), nameof(ConnectionStatus.NeedsAttention), 3)]
    [InlineData(FailureKind.Defect, nameof(SyncOutcome.NeedsAttention), nameof(Actor.DriverAuthor), nameof(ConnectionStatus.NeedsAttention), 3)]
    public async Task Each_failure_says_who_must_act(FailureKind kind, string outcome, string actor, string status, int locationsTried)
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        _shop.BeforePage = (_, _, _) => throw new DriverException(kind, "It went wrong.", TimeSpan.FromSeconds(77));

        var (run, end) = await host.RunAsync();

        Assert.Equal((outcome, actor), (run.Outcome.ToString(), end.Actor.ToString()));
        Assert.Contains("It went wrong.", run.Reason);
        Assert.Equal(kind is FailureKind.Transient or FailureKind.RateLimited ? TimeSpan.FromSeconds(77) : null, end.RetryAfter);
        Assert.Equal(locationsTried, _shop.Requests.Count);
        var connection = await host.ConnectionAsync();
        Assert.Equal((status, actor), (connection.Status.ToString(), connection.Actor.ToString()));
        Assert.Equal(
            status switch { nameof(ConnectionStatus.Ok) => null, nameof(ConnectionStatus.NeedsReconnect) => run.Reason, _ => $"sales: {run.Reason}" },
            connection.Cause);
    }

    [Fact]
    public async Task Any_other_exception_is_the_drivers_defect_and_its_text_is_not_told()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        _shop.BeforePage = static (location, _, _) => location == "A" ? throw new InvalidOperationException("guest@example.test") : default;

        var (run, end) = await host.RunAsync();

        Assert.Equal((SyncOutcome.NeedsAttention, Actor.DriverAuthor), (run.Outcome, end.Actor));
        Assert.Contains("InvalidOperationException", run.Reason);
        Assert.DoesNotContain("guest@example.test", run.Reason);
        Assert.Equal(10, run.Inserted);
    }

    [Fact]
    public async Task An_outage_of_days_is_told_once_and_taken_back_by_the_first_run_that_completes()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        await host.RunAsync();
        _shop.Sell("A", "A6");
        var tries = 0;
        _shop.BeforePage = (_, _, _) => throw new DriverException(FailureKind.Transient, $"The service is unwell, try {++tries}.");
        host.Clock.Advance(TimeSpan.FromHours(47));
        await host.RunAsync();
        Assert.Equal(ConnectionStatus.Ok, (await host.ConnectionAsync()).Status);

        host.Clock.Advance(TimeSpan.FromHours(1));
        await host.RunAsync();
        var told = await host.ConnectionAsync();
        host.Clock.Advance(TimeSpan.FromHours(1));
        await host.RunAsync();

        Assert.Equal((ConnectionStatus.NeedsAttention, Actor.Nobody), (told.Status, told.Actor));
        Assert.Equal("sales: No run has completed since 2026-03-14 12:00 UTC. It is tried again by itself; the runs say what they met.", told.Cause);
        Assert.Equal(told.ChangedAt, (await host.ConnectionAsync()).ChangedAt);
        _shop.BeforePage = static (_, _, _) => default;
        await host.RunAsync();
        Assert.Equal(ConnectionStatus.Ok, (await host.ConnectionAsync()).Status);
    }

    [Fact]
    public async Task A_connection_that_is_well_again_says_so_when_the_stream_that_was_not_has_completed()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        _shop.BeforePage = static (location, _, _) => location == "catalog" ? default : throw new DriverException(FailureKind.Misconfigured, "A scope is missing.");
        await host.RunAsync();
        _shop.BeforePage = static (_, _, _) => default;

        await host.RunAsync(StreamName.Catalog);
        Assert.Equal(ConnectionStatus.NeedsAttention, (await host.ConnectionAsync()).Status);

        await host.RunAsync();
        Assert.Equal((ConnectionStatus.Ok, null), ((await host.ConnectionAsync()).Status, (await host.ConnectionAsync()).Cause));
    }

    [Fact]
    public async Task A_position_that_does_not_move_is_suspect_and_the_checkpoint_is_kept_back()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        _shop.Position = static index => index >= 4 ? "2" : $"{index}";

        var (run, end) = await host.RunAsync();

        Assert.Equal((SyncOutcome.Suspect, Actor.Operator), (run.Outcome, end.Actor));
        Assert.Equal("2", await host.CheckpointAsync("A"));
        Assert.Equal(["A1", "A2"], (await host.FedSalesAsync()).Where(static id => id[0] == 'A'));
    }

    [Fact]
    public async Task A_run_that_was_fenced_off_commits_nothing_more()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        var reached = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        _shop.BeforePage = async (location, page, _) =>
        {
            if ((location, page) == ("B", 2))
            {
                reached.SetResult();
                await go.Task;
            }
        };
        var stale = host.RunAsync();
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);

        await host.Store.BeginRunAsync(host.Active().Run with { Id = "run_later" }, Token);
        go.SetResult();

        var (run, _) = await stale;
        Assert.Equal(SyncOutcome.Canceled, run.Outcome);
        Assert.DoesNotContain("B3", await host.FedSalesAsync());
        Assert.Null(await host.CheckpointAsync("C"));
    }

    [Fact]
    public async Task A_run_that_is_canceled_says_so_and_keeps_what_it_has()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        using var active = host.Active();
        StopAt("B", active.Cancel);

        var (run, _) = await host.RunAsync(active: active);

        Assert.Equal((SyncOutcome.Canceled, "It was canceled."), (run.Outcome, run.Reason));
        Assert.Equal("5", await host.CheckpointAsync("A"));
    }

    [Fact]
    public async Task A_driver_that_calls_being_told_to_stop_a_failure_is_not_believed()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        using var active = host.Active();
        _shop.BeforePage = (location, _, _) =>
        {
            if (location == "C")
            {
                active.Cancel();
                throw new DriverException(FailureKind.Transient, "The connection was closed.");
            }

            return default;
        };

        Assert.Equal(SyncOutcome.Canceled, (await host.RunAsync(active: active)).Run.Outcome);
    }

    [Fact]
    public async Task A_run_past_its_deadline_stops_and_goes_on_at_once_from_its_checkpoint()
    {
        await using var host = await SyncingHost.OpenAsync(_shop, static options => options.RunTimeout = TimeSpan.FromMinutes(1));
        StopAt("B", () => host.Clock.Advance(TimeSpan.FromMinutes(1)));

        var (run, end) = await host.RunAsync();

        Assert.Equal((SyncOutcome.RetryLater, TimeSpan.Zero), (run.Outcome, end.RetryAfter));
        Assert.Contains("within 1 minutes", run.Reason);
        Assert.Equal("5", await host.CheckpointAsync("A"));
    }

    [Fact]
    public async Task A_run_that_the_host_stopped_under_is_to_be_taken_up_again()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        using var stopping = new CancellationTokenSource();
        StopAt("B", stopping.Cancel);

        var (run, _) = await host.RunAsync(stopping: stopping);

        Assert.Equal((SyncOutcome.RetryLater, "The host stopped while it ran."), (run.Outcome, run.Reason));
    }

    [Fact]
    public async Task A_page_that_does_not_come_in_time_is_tried_again_later_and_holds_no_other_location_back()
    {
        await using var host = await SyncingHost.OpenAsync(_shop, static options => options.PageTimeout = TimeSpan.FromSeconds(20));
        StopAt("B", () => host.Clock.Advance(TimeSpan.FromSeconds(20)));

        var (run, _) = await host.RunAsync();

        Assert.Equal((SyncOutcome.RetryLater, "Shop B: No page came within 20 seconds."), (run.Outcome, run.Reason));
        Assert.Equal("5", await host.CheckpointAsync("C"));
    }

    [Fact]
    public async Task A_cancellation_that_nobody_asked_for_is_the_service_not_answering()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        _shop.BeforePage = static (_, _, _) => throw new TaskCanceledException("The request was canceled due to the configured HttpClient.Timeout.");

        var (run, _) = await host.RunAsync();

        Assert.Equal(SyncOutcome.RetryLater, run.Outcome);
    }

    [Fact]
    public async Task A_driver_that_does_not_stop_when_it_is_told_is_left_behind()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        using var active = host.Active();
        var reached = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        _shop.BeforePage = async (_, _, _) =>
        {
            reached.TrySetResult();
            await never.Task;
        };
        var running = host.RunAsync(active: active);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);

        active.Cancel();
        while (!running.IsCompleted)
        {
            host.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Equal(SyncOutcome.Canceled, (await running).Run.Outcome);
        never.SetResult();
    }

    [Fact]
    public async Task A_range_is_asked_for_by_business_days_from_today_on_in_windows_newest_first_and_leaves_the_checkpoint_alone()
    {
        _shop.Locations.Clear();
        _shop.Open("A", "America/New_York");
        await using var host = await SyncingHost.OpenAsync(_shop);
        await host.Directory.MapAsync(SyncingHost.Id, "test", "A", "own-A", TimeSpan.FromHours(4), Token);

        // Clocks go forward on 8 March there: that business day has 23 hours.
        var (run, _) = await host.RunAsync(from: new DateOnly(2026, 3, 7), to: new DateOnly(2026, 3, 9));

        Assert.Equal(SyncOutcome.Completed, run.Outcome);
        Assert.All(_shop.Requests, static request => Assert.True(request.Bounded));
        Assert.All(_shop.Requests, static request => Assert.Null(request.From));
        Assert.All(_shop.Requests, static request => Assert.Equal(TimeSpan.FromHours(4), request.Location.BusinessDayStart));
        Assert.Equal(
            [
                new InstantRange(new(2026, 3, 13, 8, 0, 0, TimeSpan.Zero), new(2026, 3, 15, 8, 0, 0, TimeSpan.Zero)),
                new InstantRange(new(2026, 3, 11, 8, 0, 0, TimeSpan.Zero), new(2026, 3, 13, 8, 0, 0, TimeSpan.Zero)),
                new InstantRange(new(2026, 3, 9, 8, 0, 0, TimeSpan.Zero), new(2026, 3, 11, 8, 0, 0, TimeSpan.Zero)),
                new InstantRange(new(2026, 3, 7, 9, 0, 0, TimeSpan.Zero), new(2026, 3, 9, 8, 0, 0, TimeSpan.Zero)),
            ],
            _shop.Requests.Select(static request => request.Range));
        Assert.Null(await host.CheckpointAsync("A"));
        Assert.Equal(5, (await host.FedSalesAsync()).Count);
    }

    [Fact]
    public async Task A_location_that_closed_is_synced_for_some_time_and_then_no_more()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        _shop.Locations[1] = _shop.Locations[1] with { Active = false };
        _shop.Locations.RemoveAt(2);
        await host.Directory.DiscoverAsync(await host.ConnectionAsync(), Token);

        host.Clock.Advance(TimeSpan.FromDays(13));
        await host.RunAsync();
        Assert.Equal(["A", "B", "C"], _shop.Requests.Select(static request => request.Location.Ref.Id));

        host.Clock.Advance(TimeSpan.FromDays(2));
        await host.RunAsync();
        Assert.Equal("A", Assert.Single(_shop.Requests.Skip(3)).Location.Ref.Id);
    }

    [Fact]
    public async Task A_driver_that_is_not_loaded_is_the_operators_to_mend()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        _shop.Manifest = null;

        var (run, end) = await host.RunAsync();

        Assert.Equal((SyncOutcome.NeedsAttention, Actor.Operator), (run.Outcome, end.Actor));
        Assert.Contains("shop", run.Reason);
    }

    [Fact]
    public async Task Progress_is_told_for_each_location_while_it_runs()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        using var active = host.Active();
        IReadOnlyList<ScopeProgress> seen = [];
        _shop.BeforePage = (location, page, _) =>
        {
            seen = (location, page) == ("B", 1) ? active.Progress.Scopes : seen;
            return default;
        };

        await host.RunAsync(active: active);

        Assert.Equal([("A", SyncOutcome.Completed, 5L), ("B", SyncOutcome.Running, 0L)], seen.Select(static scope => (scope.Location!, scope.State, scope.Inserted)));
        Assert.All(active.Progress.Scopes, static scope => Assert.Equal((SyncOutcome.Completed, 5L), (scope.State, scope.Inserted)));
    }

    /// <summary>Before the first page of a location: does something, then waits to be stopped.</summary>
    private void StopAt(string at, Action act) => _shop.BeforePage = async (location, _, token) =>
    {
        if (location == at)
        {
            act();
            await Task.Delay(Timeout.Infinite, token);
        }
    };
}
