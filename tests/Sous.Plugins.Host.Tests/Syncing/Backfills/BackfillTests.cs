using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Backfills;
using Sous.Plugins.Host.Tests.Authorization;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Syncing.Backfills;

/// <summary>Business days that somebody asked for: newest first, resumed in their midst, and in nobody's way.</summary>
public sealed class BackfillTests
{
    private static readonly DateOnly s_first = new(2026, 3, 1);
    private static readonly DateOnly s_last = new(2026, 3, 10);

    // Two days each, as the shop's manifest has it; from today on, since a sale of those days may have changed on any later one.
    private static readonly int[] s_newestFirst = [13, 11, 9, 7, 5, 3, 1];

    private readonly Shop _shop = new();

    public BackfillTests()
    {
        _shop.Open("A");
        _shop.Sell("A", "A1");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_that_is_stopped_in_its_midst_goes_on_with_the_window_that_it_was_at()
    {
        await using var first = await SyncingHost.OpenAsync(_shop);
        await StartAsync(first);
        var reached = HoldAt(day: 5);
        await first.Queue.AddAsync(Days(), Token);
        await reached.WaitAsync(TimeSpan.FromSeconds(30), Token);
        _shop.BeforePage = static (_, _, _) => default;
        var before = _shop.Requests.Count;

        await using var host = await first.ReopenAsync();
        await host.StartAsync();
        host.Clock.Advance(TimeSpan.Zero);

        var (run, _) = await NextBackfillAsync(host);
        Assert.Equal((RunTrigger.Backfill, SyncOutcome.Completed, s_first, s_last), (run.Trigger, run.Outcome, run.From, run.To));
        Assert.Equal(s_newestFirst[..5], Asked()[..5]);
        Assert.Equal(s_newestFirst[4..], DaysOf(_shop.Requests.Skip(before)));
        Assert.Empty(await host.Store.Backfills.ListAsync(Token));
    }

    [Fact]
    public async Task One_that_meets_an_outage_waits_and_goes_on_and_the_schedule_takes_no_notice()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        await StartAsync(host);
        _shop.BeforePage = (_, _, _) => Asked()[^1] == 5 ? throw new DriverException(FailureKind.Transient, "The service is unwell.") : default;
        await host.Queue.AddAsync(Days(), Token);
        Assert.Equal(SyncOutcome.RetryLater, (await NextBackfillAsync(host)).Run.Outcome);
        Assert.InRange(host.Backfills.NextOf(SyncingHost.SalesKey)!.Value, SyncingHost.Start.AddSeconds(1), SyncingHost.Start.AddSeconds(30));
        Assert.True(host.Queue.TryAdd(new RunRequest(SyncingHost.Tenant, SyncingHost.Driver, SyncingHost.SalesKey, RunTrigger.Schedule), out _));
        Assert.Equal((RunTrigger.Schedule, SyncOutcome.Completed), await EndAsync(host));
        _shop.BeforePage = static (_, _, _) => default;

        host.Clock.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal((RunTrigger.Backfill, SyncOutcome.Completed), await EndAsync(host));
        Assert.Equal([13, 11, 9, 7, 5, 5, 3, 1], Asked());
        Assert.Null(host.Backfills.Find(SyncingHost.SalesKey));
    }

    [Fact]
    public async Task Between_two_windows_it_gives_way_to_a_run_that_is_due_and_goes_on_after_it()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        await StartAsync(host);
        var (reached, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        _shop.BeforePage = async (_, _, token) =>
        {
            reached.TrySetResult();
            await go.Task.WaitAsync(token);
        };
        await host.Queue.AddAsync(Days(), Token);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);

        host.Scheduler.RunSoon(SyncingHost.SalesKey);
        go.SetResult();

        var (gaveWay, end) = await NextBackfillAsync(host);
        Assert.Equal((SyncOutcome.RetryLater, true), (gaveWay.Outcome, end.GoesOn));
        Assert.Equal((RunTrigger.Request, SyncOutcome.Completed), await EndAsync(host));
        Assert.Equal([13], Asked());
        host.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal((RunTrigger.Backfill, SyncOutcome.Completed), await EndAsync(host));
        Assert.Equal(s_newestFirst, Asked());
    }

    [Fact]
    public async Task In_quiet_hours_only_it_waits_for_them_stops_at_their_end_and_goes_on_the_next_night()
    {
        // Its clock jumps over hours.
        await using var host = await SyncingHost.OpenAsync(_shop, static options => options.RunTimeout = options.PageTimeout = TimeSpan.FromHours(12));
        await SetQuietAsync(host);
        await StartAsync(host);

        await host.Queue.AddAsync(Days() with { OnlyInQuietHours = true }, Token);

        var (waits, _) = await NextBackfillAsync(host);
        Assert.Equal((SyncOutcome.RetryLater, "Shop A: It goes on in the next quiet hours, from 2026-03-15 02:00 UTC."), (waits.Outcome, waits.Reason));
        Assert.Empty(Asked());
        var windows = 0;
        _shop.BeforePage = (_, _, _) =>
        {
            // The second window ends when the hours are over.
            if (Asked().Count > 0 && ++windows == 2)
            {
                host.Clock.SetUtcNow(new DateTimeOffset(2026, 3, 15, 5, 0, 0, TimeSpan.Zero));
            }

            return default;
        };
        host.Clock.SetUtcNow(new DateTimeOffset(2026, 3, 15, 2, 0, 0, TimeSpan.Zero));
        var (cut, end) = await NextBackfillAsync(host);
        Assert.Equal((SyncOutcome.RetryLater, TimeSpan.FromHours(21)), (cut.Outcome, end.RetryAfter));
        Assert.Equal([14, 12], Asked());

        host.Clock.SetUtcNow(new DateTimeOffset(2026, 3, 16, 2, 0, 0, TimeSpan.Zero));
        Assert.Equal(SyncOutcome.Completed, (await NextBackfillAsync(host)).Run.Outcome);
        Assert.Equal([14, 12, 11, 9, 7, 5, 3, 1], Asked());
    }

    [Fact]
    public async Task One_that_is_paused_goes_on_once_its_connection_syncs_again()
    {
        await using var first = await SyncingHost.OpenAsync(_shop);
        await first.Store.BeginRunAsync(first.Active(from: s_first, to: s_last).Run, Token);
        await first.Store.Backfills.OpenAsync(new Backfill(SyncingHost.SalesKey, s_first, s_last, false), Token);
        await BecomeAsync(first, ConnectionStatus.Paused);
        await using var host = await first.ReopenAsync();
        await host.StartAsync();
        host.Clock.Advance(TimeSpan.Zero);
        while (!(host.Backfills.NextOf(SyncingHost.SalesKey) > host.Clock.GetUtcNow()))
        {
            await Task.Delay(5, Token);
        }

        await BecomeAsync(host, ConnectionStatus.Ok);

        host.Clock.Advance(TimeSpan.FromMinutes(1));
        host.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(SyncOutcome.Completed, (await NextBackfillAsync(host)).Run.Outcome);
        Assert.Equal(s_newestFirst, Asked());
    }

    [Fact]
    public async Task One_that_waits_is_shown_with_its_sync_and_can_be_canceled_by_its_run()
    {
        await using var app = await SyncingApp.StartAsync(_shop);
        await app.DiscoverAsync();
        var range = new JsonObject { ["from"] = "2026-03-01", ["to"] = "2026-03-10", ["onlyInQuietHours"] = true };
        var (none, problem) = await app.SendAsync(HttpMethod.Post, "syncs/sales/runs", range.DeepClone());
        Assert.Equal(HttpStatusCode.BadRequest, none);
        Assert.Equal("The sync has no quiet hours: set them first.", (string)problem["errors"]!["onlyInQuietHours"]![0]!);
        await app.SendAsync(HttpMethod.Put, "syncs/sales", new JsonObject { ["schedule"] = "0 5 * * *", ["enabled"] = true, ["quietHours"] = new JsonObject { ["from"] = "02:00", ["to"] = "05:00" } });

        var run = (await app.SendAsync(HttpMethod.Post, "syncs/sales/runs", range.DeepClone())).Body;
        Assert.Equal(SyncOutcome.RetryLater, (await app.EndAsync(run)).Outcome);

        // The run has ended before the backfill is said to wait.
        JsonNode? shown = null;
        await AuthorizationApp.EventuallyAsync(async () => (shown = (await app.SendAsync(HttpMethod.Get, "syncs")).Body["items"]![0]!["backfill"])?["next"] is not null);
        Assert.Equal(("2026-03-01", "2026-03-10", true, "2026-03-15T02:00:00Z"), ((string)shown!["from"]!, (string)shown["to"]!, (bool)shown["onlyInQuietHours"]!, (string)shown["next"]!));
        var cancel = $"/api/v1/runs/{(string)run["id"]!}/cancel";
        Assert.Equal(HttpStatusCode.Accepted, (await app.SendAsync(HttpMethod.Post, cancel)).Status);
        Assert.Null((await app.SendAsync(HttpMethod.Get, "syncs")).Body["items"]![0]!["backfill"]);
        Assert.Empty(await app.Services.GetRequiredService<IBackfills>().ListAsync(Token));
        Assert.Equal("run_ended", (string)(await app.SendAsync(HttpMethod.Post, cancel)).Body["code"]!);
    }

    [Fact]
    public void What_is_left_beside_what_somebody_must_mend_waits_as_it_would_without_it()
    {
        var broken = new RunEnd(SyncOutcome.NeedsAttention, "It may not read this restaurant.", Trouble.Misconfigured);
        var tomorrow = new RunEnd(SyncOutcome.RetryLater, "It waits for the night.", Trouble.Waiting, TimeSpan.FromHours(20)) { GoesOn = true };
        var outage = new RunEnd(SyncOutcome.RetryLater, "The service is unwell.", Trouble.ServiceDown);

        Assert.Equal(broken with { Rest = outage }, broken.And(tomorrow).And(outage));
        Assert.Equal(broken with { Rest = outage }, outage.And(tomorrow).And(broken));
        Assert.Null(RunEnd.Completed.And(broken).Rest);
    }

    [Fact]
    public void What_earlier_runs_have_done_counts_as_done_and_not_towards_the_pace()
    {
        using var active = new ActiveRun(Days(), SyncingHost.Start);
        active.Progress.Plan(5, done: 3);
        active.Progress.EndWindow(SyncingHost.Start.AddSeconds(20));

        var view = RunView.Of(active);
        Assert.Equal((5, 4, 20.0), (view.Windows, view.WindowsDone, view.SecondsLeft));
    }

    [Fact]
    public async Task A_sale_of_those_days_that_was_given_back_weeks_later_is_fetched_as_it_is_now()
    {
        _shop.KeepsToRange = true;
        await using var host = await SyncingHost.OpenAsync(_shop, static options => options.MaxJitter = TimeSpan.Zero);
        await StartAsync(host);
        var before = (await host.FedSalesAsync()).Count;
        _shop.Sell("A", "A-refunded", static sale => sale with { ModifiedAt = new DateTimeOffset(2026, 3, 12, 9, 0, 0, TimeSpan.Zero) });

        await host.Queue.AddAsync(Days(), Token);
        await NextBackfillAsync(host);

        Assert.Equal(before + 1, (await host.FedSalesAsync()).Count);
    }

    [Fact]
    public async Task What_one_location_lacks_keeps_the_days_of_another_that_gave_way_from_nothing()
    {
        _shop.Open("B");
        _shop.Sell("B", "B1");
        await using var host = await SyncingHost.OpenAsync(_shop);
        await StartAsync(host);
        _shop.BeforePage = (location, _, _) =>
        {
            if (location == "A" && _shop.Requests[^1].Bounded)
            {
                throw new DriverException(FailureKind.Misconfigured, "It may not read this restaurant.");
            }

            if (location == "B" && _shop.Requests.Count(static request => request is { Bounded: true, Location.Ref.Id: "B" }) == 2)
            {
                host.Scheduler.RunSoon(SyncingHost.SalesKey);
            }

            return default;
        };

        await host.Queue.AddAsync(Days(), Token);

        Assert.Equal(SyncOutcome.NeedsAttention, (await NextBackfillAsync(host)).Run.Outcome);
        Assert.Equal((RunTrigger.Request, SyncOutcome.Completed), await EndAsync(host));
        host.Clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(SyncOutcome.NeedsAttention, (await NextBackfillAsync(host)).Run.Outcome);
        Assert.Equal(s_newestFirst, DaysOf(_shop.Requests.Where(static request => request.Location.Ref.Id == "B")));
        Assert.Empty(await host.Store.Backfills.ListAsync(Token));
    }

    [Fact]
    public async Task Days_that_are_asked_for_anew_are_all_fetched_anew()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        await StartAsync(host);
        await host.Queue.AddAsync(Days(), Token);
        await NextBackfillAsync(host);

        await host.Queue.AddAsync(Days(), Token);
        await NextBackfillAsync(host);

        Assert.Equal([.. s_newestFirst, .. s_newestFirst], Asked());
    }

    private static RunRequest Days() => new(SyncingHost.Tenant, SyncingHost.Driver, SyncingHost.SalesKey, RunTrigger.Request, s_first, s_last);

    /// <summary>Starts, and lets the first runs end.</summary>
    private static async Task StartAsync(SyncingHost host)
    {
        await host.StartAsync();
        host.Clock.Advance(TimeSpan.Zero);
        await host.NextEndedAsync();
        await host.NextEndedAsync();
    }

    private static async Task<(SyncRun Run, RunEnd End)> NextBackfillAsync(SyncingHost host)
    {
        while (true)
        {
            var ended = await host.NextEndedAsync();
            if (ended.Run.From is not null)
            {
                return ended;
            }
        }
    }

    private static async Task<(string, SyncOutcome)> EndAsync(SyncingHost host)
    {
        var (run, _) = await host.NextEndedAsync();
        return (run.Trigger, run.Outcome);
    }

    private static Task SetQuietAsync(SyncingHost host) => host.Registry.WriteAsync(
        static transaction => transaction.Put(Sync.Collection, new Sync
        {
            Connection = SyncingHost.Id,
            Stream = StreamName.Sales,
            Schedule = "0 12 1 1 *",
            Enabled = true,
            QuietHours = new QuietHours(new TimeOnly(2, 0), new TimeOnly(5, 0)),
        }),
        Token);

    private static async Task BecomeAsync(SyncingHost host, ConnectionStatus status)
    {
        var changed = await host.ConnectionAsync() with { Status = status };
        await host.Registry.WriteAsync(transaction => transaction.Put(Connection.Collection, changed), Token);
    }

    /// <summary>The first days of the windows asked for, in order.</summary>
    private List<int> Asked() => DaysOf(_shop.Requests);

    private static List<int> DaysOf(IEnumerable<Sdk.Pos.SalesRequest> requests) => [.. requests.Where(static request => request.Bounded).Select(static request => request.Range.From.Day)];

    /// <summary>Holds the page of the window that begins on that day, until it is told to stop.</summary>
    private Task HoldAt(int day)
    {
        var reached = new TaskCompletionSource();
        _shop.BeforePage = async (_, _, token) =>
        {
            if (Asked() is [.., var last] && last == day)
            {
                reached.TrySetResult();
                await Task.Delay(Timeout.Infinite, token);
            }
        };
        return reached.Task;
    }
}
