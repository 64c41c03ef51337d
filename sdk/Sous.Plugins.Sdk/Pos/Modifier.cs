namespace Sous.Plugins.Sdk.Pos;

/// <summary>Something chosen with a line: no onions, extra cheese.</summary>
public sealed record Modifier
{
    /// <summary>Its id within the line.</summary>
    public required string Id { get; init; }

    /// <summary>The option in the catalogue, or null.</summary>
    public string? CatalogModifierId { get; init; }

    /// <summary>Its name on the receipt.</summary>
    public required string Name { get; init; }

    /// <summary>How many for each of the line.</summary>
    public required decimal Quantity { get; init; }

    /// <summary>Its whole price, for the whole quantity of the line.</summary>
    public required Money Price { get; init; }

    /// <summary>What was chosen with it in turn.</summary>
    public IReadOnlyList<Modifier> Children { get; init; } = [];
}
