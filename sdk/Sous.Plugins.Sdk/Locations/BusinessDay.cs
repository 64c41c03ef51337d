namespace Sous.Plugins.Sdk.Locations;

/// <summary>Business days: the local calendar day, moved by the hour at which a location closes out.</summary>
public static class BusinessDay
{
    /// <summary>The business day that an instant belongs to.</summary>
    /// <param name="instant">The instant.</param>
    /// <param name="zone">The location's time zone.</param>
    /// <param name="start">Local time of day at which the business day starts, at least zero and less than 24 hours.</param>
    public static DateOnly Of(DateTimeOffset instant, TimeZoneInfo zone, TimeSpan start)
    {
        ArgumentNullException.ThrowIfNull(zone);
        var local = TimeZoneInfo.ConvertTime(instant, zone).DateTime;
        // Some services write the first instant there is where they mean none.
        var day = local.Ticks < start.Ticks ? DateOnly.MinValue : DateOnly.FromDateTime(local - start);
        // Where clocks go back over the start, the hour that comes again shows times before it, in a day that has begun.
        return zone.IsAmbiguousTime(local) && instant >= Begin(day.AddDays(1), zone, start) ? day.AddDays(1) : day;
    }

    /// <summary>When a business day begins and ends: 23 to 25 hours where clocks change.</summary>
    /// <param name="day">The business day.</param>
    /// <param name="zone">The location's time zone.</param>
    /// <param name="start">Local time of day at which the business day starts, at least zero and less than 24 hours.</param>
    public static InstantRange RangeOf(DateOnly day, TimeZoneInfo zone, TimeSpan start)
    {
        ArgumentNullException.ThrowIfNull(zone);
        return new InstantRange(Begin(day, zone, start), Begin(day.AddDays(1), zone, start));
    }

    private static DateTimeOffset Begin(DateOnly day, TimeZoneInfo zone, TimeSpan start)
    {
        var local = day.ToDateTime(TimeOnly.MinValue) + start;
        // A local time that the clocks skip begins when they have skipped; one that comes twice begins the first time.
        while (zone.IsInvalidTime(local))
        {
            local += TimeSpan.FromMinutes(1);
        }

        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset);
    }
}
