namespace Sous.Plugins.Simulators.Lightspeed;

/// <summary>What one business location holds.</summary>
/// <param name="Id">Its id, beyond 32 bits.</param>
/// <param name="Name">The business's name and its own.</param>
/// <param name="Business">The id of its business.</param>
/// <param name="TimeZone">Its IANA time zone.</param>
/// <param name="Currency">Its business's ISO 4217 currency.</param>
/// <param name="DayStart">Local time at which its business day starts.</param>
/// <param name="TaxIncluded">Whether its prices hold the tax.</param>
/// <param name="DocumentIds">The ids of all of its documents, oldest first.</param>
/// <param name="ItemIds">The ids of its items, archived ones too.</param>
public sealed record LightspeedLocationTruth(
    string Id, string Name, string Business, string TimeZone, string Currency, TimeSpan DayStart, bool TaxIncluded, IReadOnlyList<string> DocumentIds, IReadOnlyList<string> ItemIds);
