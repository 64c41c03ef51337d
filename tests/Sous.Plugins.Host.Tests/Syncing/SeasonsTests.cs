using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Syncing;

/// <summary>
/// Invariant 16 through the real scheduler, queue and stores: a year with both changes of the clocks and a leap day, in three zones
/// (one of which moves its clocks by half an hour), and clocks that jump: no slot without its run, and none with two.
/// </summary>
public sealed class SeasonsTests
{
    private static readonly string[] s_zones = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"];
    private static readonly DateTimeOffset s_newYear = new(2028, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan s_step = TimeSpan.FromMinutes(15);
    private readonly Shop _shop = new();

    public SeasonsTests()
    {
        foreach (var zone in s_zones)
        {
            _shop.Open(zone, zone);
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // 02:15 is skipped in spring in all three, and comes twice in Berlin; 01:45 comes twice in New York and on Lord Howe.
    [Theory]
    [InlineData(2, 15)]
    [InlineData(1, 45)]
    public async Task A_year_has_each_slot_of_each_zone_once(int hour, int minute)
    {
        var until = s_newYear.AddYears(1);
        await using var host = await StartedAsync($"{minute} {hour} * * *");

        var runs = await LiveAsync(host, until);

        foreach (var zone in s_zones)
        {
            var expected = SlotOracle.Daily(TimeZoneInfo.FindSystemTimeZoneById(zone), new TimeOnly(hour, minute), s_newYear, until);
            Assert.InRange(expected.Count, 365, 366);
            Assert.Equal(expected, runs.Where(run => run.Zone == zone).Select(static run => run.At));
        }
    }

    [Fact]
    public async Task What_is_due_on_leap_days_alone_is_due_on_the_leap_day()
    {
        await using var host = await StartedAsync("0 4 29 2 *");

        var runs = await LiveAsync(host, s_newYear.AddMonths(3));

        Assert.Equal(
            [(new(2028, 2, 28, 17, 0, 0, TimeSpan.Zero), s_zones[2]), (new(2028, 2, 29, 3, 0, 0, TimeSpan.Zero), s_zones[0]), (new(2028, 2, 29, 9, 0, 0, TimeSpan.Zero), s_zones[1])],
            runs);
    }

    [Theory]
    [InlineData("2028-01-10T02:00:00Z")]
    [InlineData("2028-03-26T00:30:00Z")]
    public async Task A_clock_that_jumps_an_hour_ahead_over_a_slot_runs_it_once(string before)
    {
        await using var host = await StartedAsync("15 3 * * *", "Europe/Berlin");
        var jump = DateTimeOffset.Parse(before, System.Globalization.CultureInfo.InvariantCulture);
        var runs = await LiveAsync(host, jump);

        host.Clock.AdjustTime(jump.AddHours(1));
        runs.AddRange(await LiveAsync(host, jump.AddDays(3)));

        AssertEachSlotRanOnce(runs, new TimeOnly(3, 15), jump.AddDays(3));
    }

    [Fact]
    public async Task A_clock_that_jumps_an_hour_back_over_a_slot_does_not_run_it_again()
    {
        await using var host = await StartedAsync("15 3 * * *", "Europe/Berlin");
        var jump = new DateTimeOffset(2028, 1, 10, 2, 45, 0, TimeSpan.Zero);
        var runs = await LiveAsync(host, jump);

        host.Clock.AdjustTime(jump.AddHours(-1));
        runs.AddRange(await LiveAsync(host, jump.AddDays(3)));

        AssertEachSlotRanOnce(runs, new TimeOnly(3, 15), jump.AddDays(3));
    }

    [Fact]
    public async Task A_host_that_starts_after_its_clock_went_an_hour_back_does_not_run_a_slot_again()
    {
        await using var first = await StartedAsync("15 3 * * *", "Europe/Berlin");
        var jump = new DateTimeOffset(2028, 1, 10, 2, 45, 0, TimeSpan.Zero);
        var runs = await LiveAsync(first, jump);

        await using var host = await first.ReopenAsync();
        host.Clock.AdjustTime(jump.AddHours(-1));
        await host.StartAsync();
        Assert.Equal(jump.AddDays(1).AddMinutes(-30), host.Scheduler.NextOf(SyncingHost.SalesKey));
        runs.AddRange(await LiveAsync(host, jump.AddDays(3)));

        AssertEachSlotRanOnce(runs, new TimeOnly(3, 15), jump.AddDays(3));
    }

    [Fact]
    public async Task A_clock_that_jumps_120_days_ahead_makes_up_by_one_run_and_goes_on()
    {
        await using var host = await StartedAsync("15 3 * * *", "Europe/Berlin");
        var jump = s_newYear.AddDays(10);
        await LiveAsync(host, jump);

        host.Clock.AdjustTime(jump.AddDays(120));
        var runs = await LiveAsync(host, jump.AddDays(123));

        // By half a minute, the longest that the clock goes unwatched.
        Assert.InRange(runs[0].At, jump.AddDays(120), jump.AddDays(120) + s_step);
        Assert.Equal(SlotOracle.Daily(Berlin, new TimeOnly(3, 15), jump.AddDays(120), jump.AddDays(123)), runs.Skip(1).Select(static run => run.At));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_clock_that_was_120_days_ahead_and_is_put_right_leaves_no_hole_of_120_days(bool restarts)
    {
        await using var first = await StartedAsync("15 3 * * *", "Europe/Berlin");
        var right = s_newYear.AddDays(10);
        await LiveAsync(first, right);
        first.Clock.AdjustTime(right.AddDays(120));
        await LiveAsync(first, right.AddDays(121));

        await using var second = restarts ? await first.ReopenAsync() : null;
        first.Clock.AdjustTime(right);
        await (second?.StartAsync() ?? Task.CompletedTask);
        var runs = await LiveAsync(second ?? first, right.AddDays(3));

        Assert.Equal(SlotOracle.Daily(Berlin, new TimeOnly(3, 15), right, right.AddDays(3)), runs.Select(static run => run.At));
    }

    private static TimeZoneInfo Berlin => TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    private async Task<SyncingHost> StartedAsync(string schedule, string? zone = null)
    {
        var host = await SyncingHost.OpenAsync(_shop);
        host.Clock.SetUtcNow(s_newYear - s_step);
        await host.StartAsync();
        await LiveAsync(host, s_newYear);
        foreach (var (stream, cron) in ((StreamName, string)[])[(StreamName.Sales, schedule), (StreamName.Catalog, "0 0 30 2 *")])
        {
            var sync = new Sync { Connection = SyncingHost.Id, Stream = stream, Schedule = cron, TimeZone = zone, Enabled = true };
            await host.Syncs.SaveAsync(sync, null, AuditEntry.Make(s_newYear, "test", "sync.changed"), Token);
        }

        await host.Scheduler.ChangedAsync(SyncingHost.Id, Token);
        return host;
    }

    /// <summary>Lets time pass, a step at a time, and each run end before it goes on.</summary>
    private static async Task<List<(DateTimeOffset At, string? Zone)>> LiveAsync(SyncingHost host, DateTimeOffset until)
    {
        var runs = new ConcurrentDictionary<string, (DateTimeOffset At, string? Zone, SyncOutcome Outcome)>();
        host.Queue.Ended += Note;
        await EndAsync();
        while (host.Clock.GetUtcNow() < until)
        {
            var left = until - host.Clock.GetUtcNow();
            host.Clock.Advance(left < s_step ? left : s_step);
            await EndAsync();
        }

        host.Queue.Ended -= Note;
        Assert.All(runs.Values, static run => Assert.Equal(SyncOutcome.Completed, run.Outcome));
        return [.. runs.Values.Select(static run => (run.At, run.Zone)).Order()];

        async Task EndAsync()
        {
            await FiredAsync(host.Clock);
            while (host.Queue.Active.FirstOrDefault() is { } active)
            {
                Note(active, new RunEnd((await active.Ended.WaitAsync(TimeSpan.FromSeconds(30), Token)).Outcome));
            }
        }

        // A run may be over before it is looked for.
        void Note(ActiveRun active, RunEnd end) => runs[active.Run.Id] = (active.Run.StartedAt, active.Request.Zone, end.Outcome);
    }

    /// <summary>
    /// Until what is due has fired: where another thread is just letting timers fire, the clock leaves it the rest and comes back at once, and could go
    /// on for days meanwhile.
    /// </summary>
    private static async Task FiredAsync(FakeTimeProvider clock)
    {
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var timer = clock.CreateTimer(_ => fired.TrySetResult(), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        await fired.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
    }

    /// <summary>Each slot has one run, at it or within the step after it; and there is no run besides.</summary>
    private static void AssertEachSlotRanOnce(List<(DateTimeOffset At, string? Zone)> runs, TimeOnly time, DateTimeOffset until)
    {
        var slots = SlotOracle.Daily(Berlin, time, s_newYear, until);
        Assert.True(slots.Count == runs.Count, $"{slots.Count} slots, runs: {string.Join(' ', runs)}");
        Assert.All(slots.Zip(runs), pair => Assert.InRange(pair.Second.At - pair.First, TimeSpan.Zero, TimeSpan.FromHours(1) + s_step));
    }
}
