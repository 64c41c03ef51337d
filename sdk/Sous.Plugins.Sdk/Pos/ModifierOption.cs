namespace Sous.Plugins.Sdk.Pos;

/// <summary>One option of a modifier group.</summary>
public sealed record ModifierOption
{
    /// <summary>The service's id.</summary>
    public required string Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its price, or null where there is none.</summary>
    public Money? Price { get; init; }
}
