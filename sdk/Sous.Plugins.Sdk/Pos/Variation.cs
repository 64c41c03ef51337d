namespace Sous.Plugins.Sdk.Pos;

/// <summary>One variation of an item.</summary>
public sealed record Variation
{
    /// <summary>The service's id.</summary>
    public required string Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The stock-keeping unit.</summary>
    public string? Sku { get; init; }

    /// <summary>The bar code: UPC, EAN.</summary>
    public string? Barcode { get; init; }

    /// <summary>How its price is found.</summary>
    public required PriceKind PriceKind { get; init; }

    /// <summary>Its price, or null where there is none.</summary>
    public Money? Price { get; init; }

    /// <summary>Prices that differ by location, by the service's location id, or null.</summary>
    public IReadOnlyDictionary<string, Money>? LocationPrices { get; init; }
}
