using Sous.Plugins.Host.Days;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Dashboard.Days;

/// <summary>A day in one sign, and the words that say the same.</summary>
internal readonly record struct DayMark(string Sign, string Words, Tone Tone)
{
    /// <summary>Every sign that stands in the calendar, for its legend.</summary>
    public static readonly IReadOnlyList<DayMark> All =
    [
        new("✓", "Agrees with the service's own totals", Tone.Good),
        new("✗", "Differs from the service's own totals", Tone.Bad),
        new("–", "Closed, and the service tells no totals of it", Tone.Plain),
        new("…", "Not closed yet, or changed and about to be compared again", Tone.Plain),
    ];

    /// <summary>Stands behind the sign of a day that changed after it was closed.</summary>
    public const string Restated = "↻";

    public const string RestatedWords = "changed since it was closed";

    /// <param name="standing">The tie-out that speaks of the day as it is; null where there is none.</param>
    public static DayMark Of(DateTimeOffset? closedAt, TieOut? standing, bool isRestated)
    {
        var mark = closedAt is null ? All[3] with { Words = "Not closed yet" }
            : standing is null ? All[3] with { Words = "About to be compared again" }
            : standing.Ties ? All[0] : standing.Differs ? All[1] : All[2];
        return isRestated && closedAt is not null ? new DayMark(mark.Sign + Restated, $"{mark.Words}; {RestatedWords}", mark.Tone) : mark;
    }

    /// <summary>The sign, read out by its words.</summary>
    public Html Draw() => Html.Of($"<span role=\"img\" aria-label=\"{Words}\">{Sign}</span>");
}
