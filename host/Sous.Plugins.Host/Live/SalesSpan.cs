using System.Globalization;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Live;

/// <summary>Which sales are asked for: those of business days, both inclusive, or of instants, the last exclusive.</summary>
internal sealed record SalesSpan
{
    private const int MostDays = 366;

    private DateOnly? FirstDay { get; init; }

    private DateOnly? LastDay { get; init; }

    private DateTimeOffset From { get; init; }

    private DateTimeOffset To { get; init; }

    /// <returns>Null where the parameters are wrong, which they then say.</returns>
    public static SalesSpan? Read(QueryReader parameters)
    {
        var (from, to) = (parameters.Text("from", 40), parameters.Text("to", 40));
        if (parameters.Errors.Count > 0)
        {
            return null;
        }

        var span = (Day(from) ?? Day(to), Instant(from), Instant(to)) switch
        {
            ({ } day, null, null) when (from is null || Day(from) is not null) && (to is null || Day(to) is not null) => new SalesSpan { FirstDay = Day(from) ?? day, LastDay = Day(to) ?? day },
            (null, { } begin, { } end) => new SalesSpan { From = begin, To = end },
            _ => null,
        };
        var wrong = span switch
        {
            null => "'from' and 'to' are both business days such as 2026-03-14, or both instants such as 2026-03-14T08:00:00Z.",
            { FirstDay: { } first, LastDay: { } last } when first > last => "The first day is after the last.",
            { FirstDay: { } first, LastDay: { } last } when last.DayNumber - first.DayNumber >= MostDays => $"At most {MostDays} days can be asked for at once.",
            { FirstDay: null } when span.From >= span.To => "The first instant is not before the last.",
            { FirstDay: null } when span.To - span.From > TimeSpan.FromDays(MostDays) => $"At most {MostDays} days can be asked for at once.",
            _ => null,
        };
        if (wrong is not null)
        {
            parameters.Fail("from", wrong);
        }

        return wrong is null ? span : null;
    }

    /// <summary>When the span begins at a location.</summary>
    /// <exception cref="DriverException">Its time zone is not known here.</exception>
    public DateTimeOffset BeginOf(Location location)
    {
        if (FirstDay is not { } day)
        {
            return From;
        }

        return TimeZoneInfo.TryFindSystemTimeZoneById(location.TimeZone, out var zone)
            ? BusinessDay.RangeOf(day, zone, location.BusinessDayStart ?? TimeSpan.Zero).From
            : throw new DriverException(FailureKind.Misconfigured, $"The time zone '{location.TimeZone}' of {location.Name} is not known here: business days cannot be told.");
    }

    /// <summary>Whether a sale belongs to the span: by its business day, or by when it closed or, while it is open, opened.</summary>
    public bool Holds(Sale sale)
    {
        var at = sale.ClosedAt ?? sale.OpenedAt;
        return FirstDay is { } first ? sale.BusinessDate >= first && sale.BusinessDate <= LastDay : at >= From && at < To;
    }

    private static DateOnly? Day(string? text) => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;

    // Only with an offset: a local time would be another instant at each location.
    private static DateTimeOffset? Instant(string? text)
        => text is not null && text.Contains('T', StringComparison.Ordinal) && (text.EndsWith('Z') || text.LastIndexOfAny(['+', '-']) > text.IndexOf('T', StringComparison.Ordinal))
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var at) ? at : null;
}
