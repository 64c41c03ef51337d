namespace Sous.Plugins.Sdk.Pos;

/// <summary>Something that is sold.</summary>
public sealed record CatalogItem : CatalogEntry
{
    /// <summary>Its description.</summary>
    public string? Description { get; init; }

    /// <summary>The categories that it stands in.</summary>
    public IReadOnlyList<string> CategoryIds { get; init; } = [];

    /// <summary>Its variations: size, kind. At least one.</summary>
    public IReadOnlyList<Variation> Variations { get; init; } = [];

    /// <summary>The modifier groups that are offered with it.</summary>
    public IReadOnlyList<string> ModifierGroupIds { get; init; } = [];

    /// <summary>The taxes on it, by the service's ids.</summary>
    public IReadOnlyList<string> TaxIds { get; init; } = [];

    /// <summary>Whether it can be sold now.</summary>
    public required bool Active { get; init; }

    /// <summary>The locations that sell it, or null for all.</summary>
    public IReadOnlyList<string>? LocationIds { get; init; }
}
