using Sous.Plugins.Host.Locations;
using Sous.Plugins.Sdk.Locations;

namespace Sous.Plugins.Host.Days.Closings;

/// <summary>A location whose days are closed, mapped or not, and when they have settled.</summary>
internal sealed record ClosingPlace(MappedLocation Mapped, TimeZoneInfo Zone, TimeSpan Settling)
{
    /// <summary>The service's id of it.</summary>
    public string Id => Mapped.Location.Ref.Id;

    private TimeSpan Start => Mapped.Effective.BusinessDayStart ?? TimeSpan.Zero;

    /// <returns>Null where this machine does not know its time zone: its business days cannot be told.</returns>
    public static ClosingPlace? Of(MappedLocation mapped, TimeSpan settling)
        => TimeZoneInfo.TryFindSystemTimeZoneById(mapped.Location.TimeZone, out var zone) ? new ClosingPlace(mapped, zone, settling) : null;

    /// <summary>The business day that goes on now.</summary>
    public DateOnly DayAt(DateTimeOffset now) => BusinessDay.Of(now, Zone, Start);

    /// <summary>The first day that has not settled yet; those before it have.</summary>
    public DateOnly UnsettledAt(DateTimeOffset now) => DayAt(now - Settling);

    /// <summary>When a day has settled.</summary>
    public DateTimeOffset SettledAt(DateOnly day) => BusinessDay.RangeOf(day, Zone, Start).To + Settling;
}
