namespace Sous.Plugins.Host.Tests.Syncing;

/// <summary>
/// When a daily local time of day is due, found without any scheduler: by walking through a time zone minute by minute, as a
/// person with a watch would. A local time that the clocks skip is due when they have skipped it; one that comes twice is due the first time.
/// </summary>
internal static class SlotOracle
{
    public static IReadOnlyList<DateTimeOffset> Daily(TimeZoneInfo zone, TimeOnly time, DateTimeOffset from, DateTimeOffset until)
    {
        var slots = new List<DateTimeOffset>();
        var done = DateOnly.FromDateTime(Local(zone, from).Date).AddDays(-1);
        // Of the day on which it begins, what has passed already does not count.
        if (TimeOnly.FromDateTime(Local(zone, from)) >= time)
        {
            done = done.AddDays(1);
        }

        for (var instant = from; instant < until; instant = instant.AddMinutes(1))
        {
            var local = Local(zone, instant);
            var day = DateOnly.FromDateTime(local);
            if (day > done && TimeOnly.FromDateTime(local) >= time)
            {
                slots.Add(instant);
                done = day;
            }
        }

        return slots;
    }

    private static DateTime Local(TimeZoneInfo zone, DateTimeOffset instant) => (instant.UtcDateTime + zone.GetUtcOffset(instant.UtcDateTime));
}
