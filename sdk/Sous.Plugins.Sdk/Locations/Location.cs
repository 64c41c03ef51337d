namespace Sous.Plugins.Sdk.Locations;

/// <summary>A restaurant or shop as the service knows it.</summary>
public sealed record Location
{
    /// <summary>Which location at which service.</summary>
    public required ExternalRef Ref { get; init; }

    /// <summary>Its name as its owner wrote it.</summary>
    public required string Name { get; init; }

    /// <summary>IANA name of its time zone.</summary>
    public required string TimeZone { get; init; }

    /// <summary>ISO 4217 code of what it sells in.</summary>
    public required string Currency { get; init; }

    /// <summary>ISO 3166 two-letter code, or null.</summary>
    public string? Country { get; init; }

    /// <summary>False where the service says that it is closed.</summary>
    public required bool Active { get; init; }

    /// <summary>Local time of day at which its business day starts (04:00: a sale at 03:59 belongs to the day before), or null where the service does not say.</summary>
    public TimeSpan? BusinessDayStart { get; init; }

    /// <summary>The service's id of the group or business above it, or null.</summary>
    public string? ParentId { get; init; }

    /// <summary>Street, town and postal code in one line, or null.</summary>
    public string? Address { get; init; }

    /// <summary>Telephone number as its owner wrote it, or null.</summary>
    public string? Phone { get; init; }
}
