using FsCheck;
using FsCheck.Fluent;
using Sous.Plugins.Sdk.Locations;

namespace Sous.Plugins.Sdk.Tests.Locations;

public sealed class BusinessDayTests
{
    // Havana and Santiago change at midnight, Lord Howe by half an hour, Apia skipped a day.
    private static readonly string[] Zones = ["America/New_York", "Europe/Berlin", "Asia/Tokyo", "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana", "America/Santiago", "Etc/UTC"];

    private static readonly DateTimeOffset SomeTime = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Dictionary<string, DateTimeOffset[]> Changes = Zones.ToDictionary(id => id, id => ChangesOf(TimeZoneInfo.FindSystemTimeZoneById(id)));

    [Cases(2000)]
    public Property An_instant_lies_in_the_range_of_its_own_day(uint minutes, byte pick, byte start)
    {
        var (zone, begins) = (TimeZoneInfo.FindSystemTimeZoneById(Zones[pick % Zones.Length]), TimeSpan.FromMinutes(30 * (start % 12)));
        var instant = new DateTimeOffset(2015, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(minutes % (20 * 365 * 24 * 60));

        var day = BusinessDay.Of(instant, zone, begins);

        var range = BusinessDay.RangeOf(day, zone, begins);
        return (range.From <= instant && instant < range.To).Label($"{instant:O} in {zone.Id} from {begins}: {day:O} is {range.From:O} to {range.To:O}");
    }

    [Cases(2000)]
    public Property So_does_an_instant_about_the_time_that_clocks_change(ushort change, sbyte minutes, byte pick, byte start)
    {
        var (zone, begins) = (TimeZoneInfo.FindSystemTimeZoneById(Zones[pick % Zones.Length]), TimeSpan.FromMinutes(15 * (start % 16)));
        var instant = Changes[zone.Id] is { Length: > 0 } changes ? changes[change % changes.Length].AddMinutes(minutes) : SomeTime;

        var day = BusinessDay.Of(instant, zone, begins);

        var range = BusinessDay.RangeOf(day, zone, begins);
        return (range.From <= instant && instant < range.To).Label($"{instant:O} in {zone.Id} from {begins}: {day:O} is {range.From:O} to {range.To:O}");
    }

    [Cases(500)]
    public Property Days_follow_on_each_other_without_gap_or_overlap(ushort day, byte pick, byte start)
    {
        var (zone, begins) = (TimeZoneInfo.FindSystemTimeZoneById(Zones[pick % Zones.Length]), TimeSpan.FromMinutes(30 * (start % 48)));
        var first = new DateOnly(2015, 1, 1).AddDays(day % 7_000);

        var (one, two) = (BusinessDay.RangeOf(first, zone, begins), BusinessDay.RangeOf(first.AddDays(1), zone, begins));

        return (one.To == two.From && one.To - one.From is { TotalHours: >= 23 and <= 25 }).Label($"{first:O} in {zone.Id} from {begins}: {one.To - one.From}");
    }

    [Theory]
    [InlineData("2025-03-09", 0, 23)]
    [InlineData("2025-11-02", 0, 25)]
    [InlineData("2025-11-02", 4, 24)]
    [InlineData("2025-11-01", 4, 25)]
    [InlineData("2025-07-01", 4, 24)]
    public void A_day_has_23_to_25_hours_where_clocks_change(string day, int start, int hours)
    {
        var range = BusinessDay.RangeOf(DateOnly.ParseExact(day, "yyyy-MM-dd"), TimeZoneInfo.FindSystemTimeZoneById("America/New_York"), TimeSpan.FromHours(start));

        Assert.Equal(TimeSpan.FromHours(hours), range.To - range.From);
    }

    [Theory]
    [InlineData("2025-07-02T07:59:59Z", "2025-07-01")]
    [InlineData("2025-07-02T08:00:00Z", "2025-07-02")]
    public void A_sale_before_close_out_belongs_to_the_day_before(string instant, string day)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");

        Assert.Equal(day, BusinessDay.Of(DateTimeOffset.Parse(instant, System.Globalization.CultureInfo.InvariantCulture), zone, TimeSpan.FromHours(4)).ToString("O", System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void A_start_that_the_clocks_skip_is_when_they_have_skipped_it_and_one_that_comes_twice_is_the_first()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");

        var skipped = BusinessDay.RangeOf(new DateOnly(2025, 3, 9), zone, new TimeSpan(2, 30, 0));
        var twice = BusinessDay.RangeOf(new DateOnly(2025, 11, 2), zone, new TimeSpan(1, 30, 0));

        Assert.Equal(new DateTimeOffset(2025, 3, 9, 3, 0, 0, TimeSpan.FromHours(-4)), skipped.From);
        Assert.Equal(new DateTimeOffset(2025, 11, 2, 1, 30, 0, TimeSpan.FromHours(-4)), twice.From);
    }

    [Fact]
    public void Where_clocks_go_back_over_the_start_the_day_that_began_goes_on()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");

        // 01:10 for the second time, 40 minutes after the day that starts at 01:30 began.
        Assert.Equal(new DateOnly(2025, 11, 2), BusinessDay.Of(new DateTimeOffset(2025, 11, 2, 6, 10, 0, TimeSpan.Zero), zone, new TimeSpan(1, 30, 0)));
        Assert.Equal(new DateOnly(2025, 11, 1), BusinessDay.Of(new DateTimeOffset(2025, 11, 2, 5, 10, 0, TimeSpan.Zero), zone, new TimeSpan(1, 30, 0)));
    }

    private static DateTimeOffset[] ChangesOf(TimeZoneInfo zone) =>
        [.. Enumerable.Range(0, 2 * 365 * 48).Select(half => SomeTime.AddMinutes(30 * half)).Where(at => zone.GetUtcOffset(at) != zone.GetUtcOffset(at.AddMinutes(-30)))];
}
