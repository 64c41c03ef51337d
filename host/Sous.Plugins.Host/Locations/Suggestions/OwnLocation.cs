using Sous.Plugins.Sdk.Locations;

namespace Sous.Plugins.Host.Locations.Suggestions;

/// <summary>A location of the platform's own, with what is known of it; what is not known says nothing for or against a match.</summary>
/// <param name="Address">Street, town and postal code in one line.</param>
/// <param name="TimeZone">IANA name.</param>
/// <param name="Currency">ISO 4217 code.</param>
internal sealed record OwnLocation(string OwnId, string? Name, string? Address, string? Phone, string? TimeZone, string? Currency)
{
    /// <summary>An own location as the service tells of the one that is mapped to it.</summary>
    public static OwnLocation Of(string ownId, Location location)
        => new(ownId, location.Name, location.Address, location.Phone, location.TimeZone, location.Currency);
}
