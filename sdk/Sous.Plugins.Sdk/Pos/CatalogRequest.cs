using Sous.Plugins.Sdk.Locations;

namespace Sous.Plugins.Sdk.Pos;

/// <summary>Which part of the catalogue to fetch.</summary>
public sealed record CatalogRequest
{
    /// <summary>The location where the manifest scopes the stream by location, else null.</summary>
    public Location? Location { get; init; }

    /// <summary>Where an earlier call of this scope got to, or null for a complete listing.</summary>
    public Checkpoint? From { get; init; }

    /// <summary>Currency of amounts for which the service names none, ISO 4217.</summary>
    public string? Currency { get; init; }

    /// <summary>Wanted size of a page, 1 to 1,000; the driver takes fewer where the service allows fewer.</summary>
    public int PageSize { get; init; } = 500;
}
