using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Syncing;

public sealed class CronScheduleTests
{
    private static readonly Jitter None = new(0, TimeSpan.Zero);

    // Clocks go forward on 8 March (New York), 29 March (Berlin) and 4 October (Sydney) of 2026, and back on 1 November, 25 October and 5 April.
    [Theory]
    [InlineData("America/New_York", "30 2 * * *", "2026-03-07T12:00:00Z", "2026-03-08T07:00:00Z")]
    [InlineData("Europe/Berlin", "30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("Australia/Sydney", "30 2 * * *", "2026-10-03T12:00:00Z", "2026-10-03T16:00:00Z")]
    public void A_local_time_that_the_clocks_skip_is_due_when_they_have_skipped_it(string zone, string cron, string after, string due)
        => Assert.Equal(Instant(due), Next(cron, after, zone));

    [Theory]
    [InlineData("America/New_York", "30 1 * * *", "2026-10-31T12:00:00Z", "2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z")]
    [InlineData("Europe/Berlin", "30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z")]
    [InlineData("Australia/Sydney", "30 2 * * *", "2026-04-04T12:00:00Z", "2026-04-04T15:30:00Z", "2026-04-05T16:30:00Z")]
    public void A_local_time_that_comes_twice_is_due_once(string zone, string cron, string after, string first, string second)
    {
        Assert.Equal(Instant(first), Next(cron, after, zone));
        Assert.Equal(Instant(second), Next(cron, first, zone));
    }

    [Theory]
    [InlineData("America/New_York", "2026-11-01T04:00:00Z")]
    [InlineData("Europe/Berlin", "2026-10-25T00:00:00Z")]
    [InlineData("Australia/Sydney", "2026-04-04T14:00:00Z")]
    public void What_repeats_within_the_hour_goes_on_through_the_hour_that_comes_twice(string zone, string after)
    {
        var due = Instant(after);
        for (var step = 1; step <= 12; step++)
        {
            due = Next("*/15 * * * *", due.ToString("O"), zone);
            Assert.Equal(Instant(after).AddMinutes(15 * step), due);
        }
    }

    [Fact]
    public void Six_fields_start_with_the_second()
        => Assert.Equal(Instant("2026-05-01T10:00:20Z"), Next("*/20 * * * * *", "2026-05-01T10:00:00Z", "UTC"));

    [Theory]
    [InlineData("every day", "2 fields")]
    [InlineData("", "0 fields")]
    [InlineData("61 * * * *", "61 * * * *")]
    [InlineData("* * * * * * *", "7 fields")]
    [InlineData("0 0 31 31 *", "0 0 31 31 *")]
    public void A_bad_expression_is_named_together_with_what_is_wrong(string expression, string told)
    {
        Assert.False(CronSchedule.TryParse(expression, out _, out var problem));
        Assert.Contains($"'{expression}'", problem);
        Assert.Contains(told, problem);
    }

    [Fact]
    public void An_expression_that_never_comes_is_never_due()
    {
        Assert.True(CronSchedule.TryParse("0 0 30 2 *", out var schedule, out _));
        Assert.Null(schedule.Next(Instant("2026-01-01T00:00:00Z"), TimeZoneInfo.Utc, null, None));
    }

    [Fact]
    public void Jitter_moves_every_due_instant_alike_and_never_by_more_than_its_bound()
    {
        Assert.True(CronSchedule.TryParse("0 * * * *", out var schedule, out _));
        var moves = new HashSet<TimeSpan>();
        for (var connection = 0; connection < 200; connection++)
        {
            var jitter = Jitter.Of(new SyncKey(new ConnectionId($"con_{connection}"), StreamName.Sales), TimeSpan.FromMinutes(2));
            var first = schedule.Next(Instant("2026-05-01T10:30:00Z"), TimeZoneInfo.Utc, null, jitter)!.Value;
            var second = schedule.Next(first, TimeZoneInfo.Utc, null, jitter)!.Value;

            Assert.InRange(first, Instant("2026-05-01T11:00:00Z"), Instant("2026-05-01T11:02:00Z"));
            Assert.Equal(TimeSpan.FromHours(1), second - first);
            moves.Add(first - Instant("2026-05-01T11:00:00Z"));
        }

        Assert.True(moves.Count > 150, $"Only {moves.Count} different moves.");
        Assert.True(moves.Max() - moves.Min() > TimeSpan.FromSeconds(100), "The moves do not use their room.");
    }

    [Fact]
    public void Jitter_never_reaches_into_the_next_due_instant()
    {
        Assert.True(CronSchedule.TryParse("*/10 * * * * *", out var schedule, out _));
        var jitter = new Jitter(0.999, TimeSpan.FromMinutes(2));

        var due = schedule.Next(Instant("2026-05-01T10:00:00Z"), TimeZoneInfo.Utc, null, jitter)!.Value;

        Assert.InRange(due, Instant("2026-05-01T10:00:02.4Z"), Instant("2026-05-01T10:00:02.5Z"));
    }

    [Theory]
    [InlineData("2026-05-01T19:30:00Z", "2026-05-02T04:00:00Z")]
    [InlineData("2026-05-01T23:30:00Z", "2026-05-02T04:00:00Z")]
    [InlineData("2026-05-02T04:00:00Z", "2026-05-02T05:00:00Z")]
    public void What_falls_into_quiet_hours_is_due_once_at_their_end(string after, string due)
    {
        // 22:00 to 06:00 in Berlin, where it is two hours later than UTC in May.
        Assert.True(CronSchedule.TryParse("0 * * * *", out var schedule, out _));
        var quiet = new QuietHours(new TimeOnly(22, 0), new TimeOnly(6, 0));

        Assert.Equal(Instant(due), schedule.Next(Instant(after), TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"), quiet, None));
    }

    [Fact]
    public void Quiet_hours_that_end_in_the_hour_that_comes_twice_never_move_an_instant_back()
    {
        Assert.True(CronSchedule.TryParse("*/5 * * * *", out var schedule, out _));
        var berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var quiet = new QuietHours(new TimeOnly(2, 10), new TimeOnly(2, 40));
        var due = Instant("2026-10-24T23:00:00Z");
        while (due < Instant("2026-10-25T04:00:00Z"))
        {
            var next = schedule.Next(due, berlin, quiet, None)!.Value;
            Assert.True(next > due);
            Assert.False(TimeOnly.FromDateTime(TimeZoneInfo.ConvertTime(next, berlin).DateTime).IsBetween(quiet.From, quiet.To));
            due = next;
        }
    }

    private static DateTimeOffset Next(string cron, string after, string zone)
    {
        Assert.True(CronSchedule.TryParse(cron, out var schedule, out var problem), problem);
        return schedule.Next(Instant(after), TimeZoneInfo.FindSystemTimeZoneById(zone), null, None)!.Value;
    }

    private static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
