using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Syncing.Backfills;

/// <summary>Business days of a backfill that are fetched by one call of the driver: what is done of it is counted in them.</summary>
internal readonly record struct BackfillWindow(DateOnly First, InstantRange Range)
{
    /// <summary>What a kill, or the end of the quiet hours, costs at most.</summary>
    private const int MostDays = 7;

    /// <returns>Newest first.</returns>
    public static IReadOnlyList<BackfillWindow> Cut(DateOnly first, DateOnly last, TimeZoneInfo zone, TimeSpan start, StreamManifest stream)
    {
        var days = Math.Min(stream.WindowDays ?? MostDays, MostDays);
        var windows = new List<BackfillWindow>();
        for (var until = last; until >= first;)
        {
            var from = until.DayNumber - first.DayNumber < days ? first : until.AddDays(1 - days);
            windows.Add(new BackfillWindow(from, new InstantRange(BusinessDay.RangeOf(from, zone, start).From, BusinessDay.RangeOf(until, zone, start).To)));
            until = from.AddDays(-1);
        }

        return windows;
    }
}
