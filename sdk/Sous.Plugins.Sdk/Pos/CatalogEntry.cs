using System.Text.Json.Serialization;

namespace Sous.Plugins.Sdk.Pos;

/// <summary>One entry of a catalogue: an item, a category or a modifier group.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(CatalogItem), "item")]
[JsonDerivedType(typeof(Category), "category")]
[JsonDerivedType(typeof(ModifierGroup), "modifier_group")]
public abstract record CatalogEntry
{
    private protected CatalogEntry()
    {
    }

    /// <summary>Which entry at which service.</summary>
    public required ExternalRef Ref { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>When the service last changed it, or null where it does not say.</summary>
    public DateTimeOffset? ModifiedAt { get; init; }
}
