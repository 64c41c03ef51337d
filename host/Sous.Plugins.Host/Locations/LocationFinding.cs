using System.Text.Json.Serialization;

namespace Sous.Plugins.Host.Locations;

/// <summary>A difference between a location as it is and as somebody last looked at it; it goes when they do so again, or when all is as it was.</summary>
/// <param name="At">When it was found.</param>
/// <param name="Was">What stood there; absent where nothing did.</param>
/// <param name="Is">What stands there now.</param>
internal sealed record LocationFinding(LocationFindingKind Kind, DateTimeOffset At, string? Was = null, string? Is = null)
{
    /// <summary>The finding in one plain sentence.</summary>
    [JsonIgnore]
    public string Text => Kind switch
    {
        LocationFindingKind.New => "The service names it for the first time: its records are held until it is mapped.",
        LocationFindingKind.Renamed => $"It is called '{Is}'; it was called '{Was}'.",
        LocationFindingKind.Closed => "The service says that it is closed.",
        LocationFindingKind.Reopened => "It is open again.",
        LocationFindingKind.Vanished => "The service names it no more: closed for good, or out of the grant's reach. Its mapping and its records stay.",
        LocationFindingKind.ZoneChanged => $"Its time zone is {Is}; it was {Was}.",
        LocationFindingKind.CurrencyChanged => $"It sells in {Is}; it sold in {Was}.",
        _ => $"Its business day starts at {Is ?? "a time that the service does not tell"}; it started at {Was ?? "a time that the service did not tell"}.",
    };
}
