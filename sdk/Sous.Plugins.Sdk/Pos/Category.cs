namespace Sous.Plugins.Sdk.Pos;

/// <summary>A category of the catalogue.</summary>
public sealed record Category : CatalogEntry
{
    /// <summary>The category above it, or null.</summary>
    public string? ParentId { get; init; }
}
