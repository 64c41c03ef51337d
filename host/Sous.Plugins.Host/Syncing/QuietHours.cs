namespace Sous.Plugins.Host.Syncing;

/// <summary>Hours of the local day in which nothing starts by schedule; what falls due in them starts at their end.</summary>
/// <param name="From">Local time of day at which they begin.</param>
/// <param name="To">Local time of day at which they end; before <paramref name="From"/> where they run over midnight. Equal means none.</param>
internal sealed record QuietHours(TimeOnly From, TimeOnly To)
{
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
