namespace Sous.Plugins.Sdk.Pos;

/// <summary>A group of modifiers to choose from.</summary>
public sealed record ModifierGroup : CatalogEntry
{
    /// <summary>How many must be chosen; 0 for none.</summary>
    public int Min { get; init; }

    /// <summary>How many may be chosen; null for any number.</summary>
    public int? Max { get; init; }

    /// <summary>What can be chosen.</summary>
    public IReadOnlyList<ModifierOption> Options { get; init; } = [];
}
