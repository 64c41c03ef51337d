namespace Sous.Plugins.Host.Syncing.Gaps;

/// <summary>Tells days that look left out from days on which a place is closed.</summary>
internal static class GapFinder
{
    private const int Week = 7;

    /// <summary>Fewer sales than this are no busy day: a place that sells five a day has days without any by chance.</summary>
    private const int Busy = 10;

    private static readonly int[] s_neighbours = [-2 * Week, -Week, Week, 2 * Week];

    /// <summary>How many days before the first that is judged have to be known.</summary>
    public const int Context = 5 * Week;

    /// <param name="from">The day of the first count.</param>
    /// <param name="counts">How many sales each day has, one after another.</param>
    /// <returns>
    /// Stretches of days without a sale, from the first to the last on which one was to be expected: two at least of the same
    /// weekday in the two weeks before and after were busy. A weekday on which the place is always closed is none.
    /// </returns>
    public static List<(DateOnly First, DateOnly Last)> Find(DateOnly from, IReadOnlyList<int> counts)
    {
        var gaps = new List<(DateOnly First, DateOnly Last)>();
        var isOpen = false;
        // Before its first sale the place had not opened, or was with another service.
        for (var day = FirstOf(counts); day < counts.Count; day++)
        {
            if (counts[day] > 0)
            {
                isOpen = false;
            }
            else if (s_neighbours.Count(offset => day + offset is >= 0 and var other && other < counts.Count && counts[other] >= Busy) >= 2)
            {
                var first = isOpen ? gaps[^1].First : from.AddDays(day);
                gaps = isOpen ? gaps[..^1] : gaps;
                gaps.Add((first, from.AddDays(day)));
                isOpen = true;
            }
        }

        return gaps;
    }

    private static int FirstOf(IReadOnlyList<int> counts)
    {
        var first = 0;
        while (first < counts.Count && counts[first] == 0)
        {
            first++;
        }

        return first;
    }
}
