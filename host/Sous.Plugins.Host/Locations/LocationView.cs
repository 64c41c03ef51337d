using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Locations;

/// <summary>A location as the API answers it.</summary>
/// <param name="ExternalId">The service's id of it.</param>
/// <param name="OwnId">The platform's own id; absent while it is not mapped.</param>
/// <param name="Held">Records of it that are kept back until it is mapped.</param>
/// <param name="BusinessDayStart">Local time of day, <c>HH:mm</c>: the operator's where one was set, else the service's.</param>
/// <param name="VanishedAt">Since when the service names it no more; absent while it does.</param>
/// <param name="Findings">What is otherwise than when somebody last mapped, confirmed or unmapped it.</param>
/// <param name="Version">Of its mapping, for <c>If-Match</c>.</param>
internal sealed record LocationView(
    string ExternalId,
    string Name,
    string TimeZone,
    string Currency,
    string? Country,
    string? Address,
    string? Phone,
    bool Active,
    string? OwnId,
    bool MappingPending,
    long Held,
    string? BusinessDayStart,
    DateTimeOffset DiscoveredAt,
    DateTimeOffset? VanishedAt,
    IReadOnlyList<LocationFindingView> Findings,
    string Version) : IVersioned
{
    public static LocationView Of(MappedLocation mapped, long held)
    {
        var location = mapped.Effective;
        return new LocationView(
            location.Ref.Id,
            location.Name,
            location.TimeZone,
            location.Currency,
            location.Country,
            location.Address,
            location.Phone,
            location.Active,
            mapped.OwnId,
            mapped.MappingPending,
            held,
            location.BusinessDayStart is { } start ? QuietHoursView.Text(TimeOnly.FromTimeSpan(start)) : null,
            mapped.DiscoveredAt,
            mapped.VanishedAt,
            [.. (mapped.Findings ?? []).Select(LocationFindingView.Of)],
            mapped.Version);
    }
}
