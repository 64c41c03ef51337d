namespace Sous.Plugins.Host.Syncing;

/// <summary>Hours of the local day in which nothing starts by schedule; what falls due in them starts at their end.</summary>
/// <param name="From">Local time of day at which they begin.</param>
/// <param name="To">Local time of day at which they end; before <paramref name="From"/> where they run over midnight. Equal means none.</param>
internal sealed record QuietHours(TimeOnly From, TimeOnly To)
{
    /// <summary>How long it is until they begin; nothing while they last, and where there are none.</summary>
    public TimeSpan WaitAt(DateTimeOffset now, TimeZoneInfo zone)
    {
        var local = TimeZoneInfo.ConvertTime(now, zone).DateTime;
        if (From == To || TimeOnly.FromDateTime(local).IsBetween(From, To))
        {
            return TimeSpan.Zero;
        }

        var begin = local.Date + From.ToTimeSpan();
        begin = begin > local ? begin : begin.AddDays(1);
        while (zone.IsInvalidTime(begin))
        {
            begin = begin.AddMinutes(1);
        }

        return new DateTimeOffset(begin, zone.GetUtcOffset(begin)) - now;
    }

    /// <summary>The local moment itself, or the end of the quiet hours that it falls into.</summary>
    public DateTime After(DateTime local)
    {
        if (!TimeOnly.FromDateTime(local).IsBetween(From, To))
        {
            return local;
        }

        var end = local.Date + To.ToTimeSpan();
        return end > local ? end : end.AddDays(1);
    }
}
