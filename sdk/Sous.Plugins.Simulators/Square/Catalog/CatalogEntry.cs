using System.Text.Json;

namespace Sous.Plugins.Simulators.Square.Catalog;

/// <summary>One object of the catalogue. Changed only under the catalogue's lock.</summary>
internal sealed class CatalogEntry
{
    public required string Type { get; init; }

    public required string Id { get; init; }

    /// <summary>Unix milliseconds; the version is the same number.</summary>
    public required long Updated { get; set; }

    public bool Deleted { get; set; }

    /// <summary>Empty: present at all locations.</summary>
    public string[] OnlyAt { get; init; } = [];

    /// <summary>Ids of the objects that this one names.</summary>
    public string[] Related { get; init; } = [];

    /// <summary>The objects nested in this one: variations of an item, modifiers of a list.</summary>
    public CatalogEntry[] Children { get; init; } = [];

    /// <summary>Writes the members of the object's data.</summary>
    public required Action<Utf8JsonWriter> WriteData { get; init; }

    public required string DataName { get; init; }

    public ReadOnlyMemory<byte> Json { get; set; }
}
