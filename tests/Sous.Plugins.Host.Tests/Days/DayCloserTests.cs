using System.Text.Json;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Host.Tests.Days;

/// <summary>Days that close by themselves, what does not tie out, and what changes after, at Square and Toast.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class DayCloserTests
{
    // 1 November in New York: clocks go back on the 2nd.
    private static readonly DateTimeOffset Noon = new(2025, 11, 1, 16, 0, 0, TimeSpan.Zero);
    private static readonly DateOnly Day = new(2025, 11, 1);

    [Fact]
    public async Task Every_day_closes_once_it_has_settled_by_its_own_clock_also_where_clocks_change()
    {
        await using var restaurants = await Restaurants.OpenAsync(Noon);
        await using var app = await ClosingApp.StartAsync(restaurants, null, ClosingApp.Square);
        var before = Day.AddDays(-1);
        await app.SettledAsync(Restaurants.NewYork, before);

        // The 1st ends at 04:00 UTC in summer time; the 2nd, of 25 hours, at 05:00 in winter time; Los Angeles is three hours later.
        Assert.Equal(new DateTimeOffset(2025, 11, 2, 6, 0, 0, TimeSpan.Zero), await ClosedAsync(app, restaurants, Restaurants.NewYork, Day, new DateTimeOffset(2025, 11, 2, 5, 59, 59, TimeSpan.Zero)));
        Assert.Equal(new DateTimeOffset(2025, 11, 2, 9, 0, 0, TimeSpan.Zero), await ClosedAsync(app, restaurants, Restaurants.LosAngeles, Day, new DateTimeOffset(2025, 11, 2, 8, 59, 59, TimeSpan.Zero)));
        Assert.Equal(new DateTimeOffset(2025, 11, 3, 7, 0, 0, TimeSpan.Zero), await ClosedAsync(app, restaurants, Restaurants.NewYork, Day.AddDays(1), new DateTimeOffset(2025, 11, 3, 6, 59, 59, TimeSpan.Zero)));
        Assert.Equal(new DateTimeOffset(2025, 11, 3, 10, 0, 0, TimeSpan.Zero), await ClosedAsync(app, restaurants, Restaurants.LosAngeles, Day.AddDays(1), new DateTimeOffset(2025, 11, 3, 9, 59, 59, TimeSpan.Zero)));
    }

    [Fact]
    public async Task A_day_that_ended_while_the_host_was_down_is_closed_once_and_one_too_far_back_is_left()
    {
        await using var restaurants = await Restaurants.OpenAsync(Noon);
        await using var app = await ClosingApp.StartAsync(restaurants, static options => options.LookBack = 3, ClosingApp.Square);
        await app.SettledAsync(Restaurants.NewYork, Day.AddDays(-1));
        restaurants.Square.Changes.AddOrder(Restaurants.NewYork);
        await app.StopAsync();

        restaurants.Clock.Advance(TimeSpan.FromDays(6));
        await app.OpenAsync();
        await app.SettledAsync(Restaurants.NewYork, Day.AddDays(5));
        await app.StopAsync();
        await app.OpenAsync();
        await app.UntilAsync(async () => (await app.RunsAsync(ClosingApp.Square)).Count > 2, TimeSpan.FromSeconds(30));

        var told = await app.EventsAsync(location: Restaurants.NewYork);
        Assert.Equal(
            [.. new[] { -3, -2, -1, 3, 4, 5 }.Select(offset => ("day.closed", (DateOnly?)Day.AddDays(offset), (bool?)true))],
            told.Select(static one => (one.Type, one.Day, one.Ties)));
        // It arrived all the same, and is there to be tied out by hand.
        Assert.Equal(1, (await app.DayAsync(Restaurants.NewYork, Day))!.Value.GetProperty("sales").GetInt32());
        Assert.True((await app.DayAsync(Restaurants.NewYork, Day, "&tieOut=true"))!.Value.GetProperty("tieOut").GetProperty("ties").GetBoolean());
        foreach (var more in new[] { "", "&tieOut=true" })
        {
            var byTheServicesId = (await app.GetAsync($"days?from={Day:yyyy-MM-dd}&location={Restaurants.NewYork}{more}")).GetProperty("items");
            Assert.Equal(1, Assert.Single(byTheServicesId.EnumerateArray()).GetProperty("sales").GetInt32());
        }
    }

    [Fact]
    public async Task A_sale_that_is_missing_makes_the_day_differ_and_the_day_s_own_run_brings_it()
    {
        await using var restaurants = await Restaurants.OpenAsync(Noon);
        await using var app = await ClosingApp.StartAsync(restaurants, null, ClosingApp.Square);
        var lost = restaurants.Square.Changes.AddOrder(Restaurants.NewYork);
        restaurants.Square.Changes.AddOrder(Restaurants.NewYork);
        await app.SyncAsync(ClosingApp.Square);
        // Past what the driver's own overlap would fetch again.
        restaurants.Clock.Advance(TimeSpan.FromMinutes(11));
        await app.SyncAsync(ClosingApp.Square);
        await app.LoseAsync(ClosingApp.Square, Restaurants.NewYork, lost);

        restaurants.Clock.SetUtcNow(new DateTimeOffset(2025, 11, 2, 6, 0, 0, TimeSpan.Zero));
        var day = await app.SettledAsync(Restaurants.NewYork, Day);

        Assert.Equal((2, 1), (day.GetProperty("sales").GetInt32(), day.GetProperty("asClosed").GetProperty("sales").GetInt32()));
        var tie = day.GetProperty("tieOut");
        Assert.Equal((true, 1, "payments and refunds listed"), (tie.GetProperty("ties").GetBoolean(), tie.GetProperty("attempts").GetInt32(), tie.GetProperty("source").GetString()));
        var told = await app.EventsAsync(Day, Restaurants.NewYork);
        Assert.Equal(["day.closed", "day.restated", "day.tied"], told.Select(static one => one.Type));
        Assert.Equal((false, $"own-{Restaurants.NewYork}"), (told[0].Ties!.Value, told[0].Location));
        Assert.Contains(told[0].Differences!, static figure => figure is { Name: "payment_count", Ours: 1, Theirs: 2 });
        Assert.Contains(told[1].Changes!, static change => change is { Name: "payment_count", Was: 1, Is: 2 });
        var run = Assert.Single(await app.RunsAsync(ClosingApp.Square, RunTrigger.Day), static run => run.From is not null);
        Assert.Equal((Day, SyncOutcome.Completed, 1L), (run.From!.Value, run.Outcome, run.Inserted));
    }

    [Fact]
    public async Task An_outage_of_the_service_says_nothing_of_a_day()
    {
        await using var restaurants = await Restaurants.OpenAsync(Noon);
        await using var app = await ClosingApp.StartAsync(restaurants, null, ClosingApp.Square);
        await app.SettledAsync(Restaurants.NewYork, Day.AddDays(-1));
        restaurants.Square.Changes.AddOrder(Restaurants.NewYork);
        restaurants.Square.Chaos = Chaos.None with { PathPrefix = "/v2/refunds", ServerErrorEvery = 1 };

        restaurants.Clock.SetUtcNow(new DateTimeOffset(2025, 11, 2, 6, 0, 0, TimeSpan.Zero));
        await app.UntilAsync(() => Task.FromResult(restaurants.Square.Requests.Count(static request => request.Path.StartsWith("/v2/refunds", StringComparison.Ordinal)) > 50), TimeSpan.FromSeconds(20));
        Assert.False((await app.DayAsync(Restaurants.NewYork, Day))?.TryGetProperty("closedAt", out _) ?? false);
        Assert.Empty(await app.EventsAsync(Day));

        restaurants.Square.Chaos = Chaos.None;
        await app.UntilAsync(async () => (await app.EventsAsync(Day, Restaurants.NewYork)).Count > 0, TimeSpan.FromSeconds(20));
        Assert.Equal(("day.closed", true), Assert.Single(await app.EventsAsync(Day, Restaurants.NewYork)) is var told ? (told.Type, told.Ties!.Value) : default);
    }

    [Fact]
    public async Task A_restart_between_a_difference_and_its_run_loses_neither()
    {
        await using var restaurants = await Restaurants.OpenAsync(Noon);
        await using var app = await ClosingApp.StartAsync(restaurants, null, ClosingApp.Square);
        var lost = restaurants.Square.Changes.AddOrder(Restaurants.NewYork);
        await app.SyncAsync(ClosingApp.Square);
        // Past what the driver's own overlap would fetch again.
        restaurants.Clock.Advance(TimeSpan.FromMinutes(11));
        await app.SyncAsync(ClosingApp.Square);
        await app.LoseAsync(ClosingApp.Square, Restaurants.NewYork, lost);
        restaurants.Hear = totals =>
        {
            // From the moment of the difference on no order can be fetched: the run is cut off with the host.
            restaurants.Square.Chaos = totals.PaymentCount > 0 ? Chaos.None with { PathPrefix = "/v2/orders", ServerErrorEvery = 1 } : restaurants.Square.Chaos;
            return totals;
        };
        restaurants.Clock.SetUtcNow(new DateTimeOffset(2025, 11, 2, 6, 0, 0, TimeSpan.Zero));
        await app.UntilAsync(async () => (await app.EventsAsync(Day, Restaurants.NewYork)).Count > 0);
        Assert.False((await app.DayAsync(Restaurants.NewYork, Day))!.Value.GetProperty("tieOut").GetProperty("ties").GetBoolean());
        await app.StopAsync();

        (restaurants.Hear, restaurants.Square.Chaos) = (static totals => totals, Chaos.None);
        await app.OpenAsync();
        var day = await app.SettledAsync(Restaurants.NewYork, Day);

        Assert.Equal((true, 1), (day.GetProperty("tieOut").GetProperty("ties").GetBoolean(), day.GetProperty("sales").GetInt32()));
        Assert.Equal(["day.closed", "day.restated", "day.tied"], await app.EventTypesAsync(Day, Restaurants.NewYork));
    }

    [Fact]
    public async Task A_day_that_never_ties_is_synced_again_so_often_and_then_waits_for_an_operator()
    {
        await using var restaurants = await Restaurants.OpenAsync(Noon);
        await using var app = await ClosingApp.StartAsync(restaurants, static options => options.ResyncDelay = TimeSpan.FromMinutes(1), ClosingApp.Square);
        await app.SettledAsync(Restaurants.NewYork, Day.AddDays(-1));
        restaurants.Square.Changes.AddOrder(Restaurants.NewYork);
        restaurants.Hear = static totals => totals with { Tips = totals.PaymentCount > 0 ? totals.Tips!.Value with { Minor = totals.Tips.Value.Minor + 5 } : totals.Tips };

        restaurants.Clock.SetUtcNow(new DateTimeOffset(2025, 11, 2, 6, 0, 0, TimeSpan.Zero));
        await app.UntilAsync(async () => (await app.EventsAsync(Day, Restaurants.NewYork)).Count > 1);
        restaurants.Clock.Advance(TimeSpan.FromHours(5));
        await app.SyncAsync(ClosingApp.Square);
        await app.SettledAsync(Restaurants.LosAngeles, Day);

        var tie = (await app.DayAsync(Restaurants.NewYork, Day))!.Value.GetProperty("tieOut");
        Assert.Equal((false, 3, "operator", false), (tie.GetProperty("ties").GetBoolean(), tie.GetProperty("attempts").GetInt32(), tie.GetProperty("actor").GetString(), tie.TryGetProperty("nextAttempt", out _)));
        Assert.Equal(-5, Assert.Single(tie.GetProperty("figures").EnumerateArray(), static figure => !figure.GetProperty("ties").GetBoolean()).GetProperty("difference").GetInt64());
        var told = await app.EventsAsync(Day, Restaurants.NewYork);
        Assert.Equal(["day.closed", "day.not_tied"], told.Select(static one => one.Type));
        Assert.Equal((Actor.Operator, "tips"), (told[1].Actor!.Value, Assert.Single(told[1].Differences!).Name));
        var runs = (await app.RunsAsync(ClosingApp.Square, RunTrigger.Day)).Where(static run => run.From is not null).OrderBy(static run => run.StartedAt).ToList();
        Assert.Equal(3, runs.Count);
        Assert.InRange(runs[1].StartedAt - runs[0].StartedAt, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2));
        Assert.InRange(runs[2].StartedAt - runs[1].StartedAt, TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task A_day_that_the_service_does_not_have_whole_waits()
    {
        await using var restaurants = await Restaurants.OpenAsync(Noon);
        await using var app = await ClosingApp.StartAsync(restaurants, null, ClosingApp.Square);
        await app.SettledAsync(Restaurants.NewYork, Day.AddDays(-1));
        var asked = 0;
        restaurants.Hear = totals => totals with { Complete = ++asked > 9, PaymentCount = asked > 9 ? totals.PaymentCount : -1 };

        restaurants.Clock.SetUtcNow(new DateTimeOffset(2025, 11, 2, 6, 0, 0, TimeSpan.Zero));
        await app.UntilAsync(async () => (await app.EventsAsync(Day, Restaurants.NewYork)).Count > 0, TimeSpan.FromSeconds(5));

        Assert.Equal((true, "day.closed"), Assert.Single(await app.EventsAsync(Day, Restaurants.NewYork)) is var told ? (told.Ties!.Value, told.Type) : default);
    }

    [Fact]
    public async Task A_late_refund_restates_the_day_of_its_sale_and_what_was_known_can_still_be_read()
    {
        await using var restaurants = await Restaurants.OpenAsync(Noon);
        await using var app = await ClosingApp.StartAsync(restaurants, null, ClosingApp.Square);
        var order = restaurants.Square.Changes.AddOrder(Restaurants.NewYork);
        restaurants.Clock.SetUtcNow(new DateTimeOffset(2025, 11, 2, 6, 0, 0, TimeSpan.Zero));
        var closed = await app.SettledAsync(Restaurants.NewYork, Day);
        var closedAt = closed.GetProperty("closedAt").GetString()!;

        restaurants.Clock.SetUtcNow(new DateTimeOffset(2025, 11, 2, 18, 0, 0, TimeSpan.Zero));
        restaurants.Square.Changes.RefundOrder(order, 150);
        await app.SyncAsync(ClosingApp.Square);
        await app.UntilAsync(async () => (await app.EventsAsync(Day, Restaurants.NewYork)).Count > 1);
        var day = await app.SettledAsync(Restaurants.NewYork, Day);

        var told = await app.EventsAsync(Day, Restaurants.NewYork);
        Assert.Equal(["day.closed", "day.restated"], told.Select(static one => one.Type));
        Assert.Equal(("refunded", 0L, 150L), Assert.Single(told[1].Changes!) is var change ? (change.Name, change.Was, change.Is) : default);
        Assert.Equal((true, true, closedAt), (day.GetProperty("restated").GetBoolean(), day.GetProperty("tieOut").GetProperty("ties").GetBoolean(), day.GetProperty("closedAt").GetString()));
        Assert.Equal((150L, 0L), (Minor(day, "refunded"), Minor(day.GetProperty("asClosed"), "refunded")));

        var then = (await app.DayAsync(Restaurants.NewYork, Day, $"&asOf={closedAt}"))!.Value;
        Assert.Equal((0L, false, false), (Minor(then, "refunded"), then.GetProperty("restated").GetBoolean(), then.TryGetProperty("asClosed", out _)));
        // The last tie-out is of what is known now.
        Assert.False(then.TryGetProperty("tieOut", out _));
        // The sale came in the night.
        Assert.Null(await app.DayAsync(Restaurants.NewYork, Day, "&asOf=2025-11-01"));
    }

    [Fact]
    public async Task A_sale_that_first_arrives_after_its_day_was_closed_restates_it()
    {
        await using var restaurants = await Restaurants.OpenAsync(Noon);
        await using var app = await ClosingApp.StartAsync(restaurants, null, ClosingApp.Square);
        await app.SettledAsync(Restaurants.NewYork, Day.AddDays(-1));

        restaurants.Square.Changes.AddLateOrder(Restaurants.NewYork, TimeSpan.FromHours(20));
        await app.SyncAsync(ClosingApp.Square);
        await app.UntilAsync(async () => (await app.EventsAsync(Day.AddDays(-1), Restaurants.NewYork)).Count > 1);
        var day = await app.SettledAsync(Restaurants.NewYork, Day.AddDays(-1));

        Assert.Equal((1, 0, true), (day.GetProperty("sales").GetInt32(), day.GetProperty("asClosed").GetProperty("sales").GetInt32(), day.GetProperty("restated").GetBoolean()));
        Assert.Equal((true, 1), (day.GetProperty("tieOut").GetProperty("ties").GetBoolean(), PaymentsCompared(day)));
        Assert.Equal(["day.closed", "day.restated"], await app.EventTypesAsync(Day.AddDays(-1), Restaurants.NewYork));
    }

    [Fact]
    public async Task A_change_that_moves_no_figure_restates_nothing()
    {
        await using var restaurants = await Restaurants.OpenAsync(Noon);
        await using var app = await ClosingApp.StartAsync(restaurants, null, ClosingApp.Square);
        var changes = restaurants.Square.Changes;
        var order = changes.AddOrder(Restaurants.NewYork);
        restaurants.Clock.SetUtcNow(new DateTimeOffset(2025, 11, 2, 6, 0, 0, TimeSpan.Zero));
        await app.SettledAsync(Restaurants.NewYork, Day);

        restaurants.Clock.Advance(TimeSpan.FromHours(1));
        changes.AddProcessingFee(changes.PaymentsOf(order)[0]);
        var late = changes.AddLateOrder(Restaurants.LosAngeles, TimeSpan.FromHours(30));
        await app.SyncAsync(ClosingApp.Square);
        // Told in one turn with the other, had it been one.
        await app.UntilAsync(async () => (await app.EventTypesAsync(location: Restaurants.LosAngeles)).Contains("day.restated"));

        Assert.NotEmpty(late);
        Assert.Equal(["day.closed"], await app.EventTypesAsync(Day, Restaurants.NewYork));
        Assert.False((await app.DayAsync(Restaurants.NewYork, Day))!.Value.GetProperty("restated").GetBoolean());
    }

    [Fact]
    public async Task Toast_s_days_close_by_its_own_dates_and_a_tip_that_staff_enter_late_restates_them()
    {
        await using var restaurants = await Restaurants.OpenAsync(Noon);
        await using var app = await ClosingApp.StartAsync(restaurants, null, ClosingApp.Toast);
        var order = restaurants.Toast.Changes.AddOrder(restaurants.Boston);
        restaurants.Toast.Changes.AddOrder(restaurants.Boston);
        // Toast's day ends at 04:00 in Boston, 09:00 UTC in winter time.
        restaurants.Clock.SetUtcNow(new DateTimeOffset(2025, 11, 2, 11, 0, 0, TimeSpan.Zero));
        var day = await app.SettledAsync(restaurants.Boston, Day);
        Assert.Equal((true, "payments by their paid and refund business dates"), (day.GetProperty("tieOut").GetProperty("ties").GetBoolean(), day.GetProperty("tieOut").GetProperty("source").GetString()));
        var tips = Minor(day, "tips");

        restaurants.Clock.Advance(TimeSpan.FromHours(1));
        restaurants.Toast.Changes.AdjustTip(order, 1234);
        restaurants.Clock.Advance(TimeSpan.FromMinutes(1));
        await app.SyncAsync(ClosingApp.Toast);
        await app.UntilAsync(async () => (await app.EventsAsync(Day)).Count > 1);
        day = await app.SettledAsync(restaurants.Boston, Day);

        Assert.Equal(["day.closed", "day.restated"], await app.EventTypesAsync(Day));
        Assert.Equal((tips, true), (Minor(day.GetProperty("asClosed"), "tips"), day.GetProperty("tieOut").GetProperty("ties").GetBoolean()));
        Assert.NotEqual(tips, Minor(day, "tips"));
    }

    [Fact]
    public async Task A_connection_that_is_paused_waits_and_catches_up_and_a_location_need_not_be_mapped()
    {
        await using var restaurants = await Restaurants.OpenAsync(Noon);
        await using var app = await ClosingApp.StartAsync(restaurants, null, ClosingApp.Square, ClosingApp.Toast);
        await app.SettledAsync(Restaurants.NewYork, Day.AddDays(-1));
        restaurants.Square.Changes.AddOrder(Restaurants.NewYork);
        await app.Get<LocationDirectory>().MapAsync(ClosingApp.Square, "test", Restaurants.NewYork, null, null, TestContext.Current.CancellationToken);
        await app.ChangeAsync(ClosingApp.Square, ConnectionStatus.Paused);

        restaurants.Clock.SetUtcNow(new DateTimeOffset(2025, 11, 3, 12, 0, 0, TimeSpan.Zero));
        // Another connection's days are closed meanwhile.
        await app.SettledAsync(restaurants.Boston, Day.AddDays(1));
        Assert.Empty(await app.EventsAsync(Day, Restaurants.NewYork));

        await app.ChangeAsync(ClosingApp.Square, ConnectionStatus.Ok);
        await app.UntilAsync(async () => (await app.EventsAsync(Day.AddDays(1), Restaurants.NewYork)).Count > 0);

        var told = Assert.Single(await app.EventsAsync(Day, Restaurants.NewYork));
        Assert.Equal(("day.closed", true, null), (told.Type, told.Ties!.Value, told.Location));
        var day = Assert.Single((await app.GetAsync("days?from=2025-11-01")).GetProperty("items").EnumerateArray(), static one => one.GetProperty("externalLocation").GetString() == Restaurants.NewYork);
        Assert.Equal((1, false), (day.GetProperty("sales").GetInt32(), day.TryGetProperty("location", out _)));
    }

    private static long Minor(JsonElement day, string figure) => day.GetProperty(figure).GetProperty("minor").GetInt64();

    private static int PaymentsCompared(JsonElement day)
        => (int)day.GetProperty("tieOut").GetProperty("figures").EnumerateArray().Single(static figure => figure.GetProperty("name").GetString() == "payment_count").GetProperty("theirs").GetInt64();

    /// <returns>When it was closed, to the minute: it was not, just before.</returns>
    private static async Task<DateTimeOffset> ClosedAsync(ClosingApp app, Restaurants restaurants, string location, DateOnly day, DateTimeOffset justBefore)
    {
        restaurants.Clock.SetUtcNow(justBefore);
        Assert.Null(await app.DayAsync(location, day));
        restaurants.Clock.Advance(TimeSpan.FromSeconds(1));
        var closedAt = (await app.SettledAsync(location, day)).GetProperty("closedAt").GetDateTimeOffset();
        return new DateTimeOffset(closedAt.Ticks - (closedAt.Ticks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
    }
}
