namespace Sous.Plugins.Sdk.Pos;

/// <summary>One line of a sale.</summary>
public sealed record SaleLine
{
    /// <summary>Its id within the sale.</summary>
    public required string LineId { get; init; }

    /// <summary>The line that it hangs on, or null.</summary>
    public string? ParentLineId { get; init; }

    /// <summary>The check or seat that it belongs to, or null.</summary>
    public string? GroupId { get; init; }

    /// <summary>What it stands for.</summary>
    public required LineKind Kind { get; init; }

    /// <summary>The item of the catalogue, or null where the service does not name it.</summary>
    public string? CatalogItemId { get; init; }

    /// <summary>The variation of the item, or null.</summary>
    public string? VariationId { get; init; }

    /// <summary>Its name on the receipt.</summary>
    public required string Name { get; init; }

    /// <summary>The category that the service reports it under, or null.</summary>
    public string? CategoryId { get; init; }

    /// <summary>How many, up to five decimals.</summary>
    public required decimal Quantity { get; init; }

    /// <summary>What is counted, as in <c>kg</c>; null for pieces.</summary>
    public string? Unit { get; init; }

    /// <summary>Price of one, without modifiers.</summary>
    public required Money UnitPrice { get; init; }

    /// <summary>Quantity times price and modifiers, before discounts and additive tax.</summary>
    public required Money Gross { get; init; }

    /// <summary>What discounts took off, a positive amount, its share of discounts on the whole sale among it.</summary>
    public required Money Discount { get; init; }

    /// <summary>Gross without the discount.</summary>
    public required Money Net { get; init; }

    /// <summary>Its tax, additive and included together.</summary>
    public required Money Tax { get; init; }

    /// <summary>Whether that tax, or a share of it, is within the net.</summary>
    public required bool TaxIncluded { get; init; }

    /// <summary>Whether the line was taken back.</summary>
    public bool Voided { get; init; }

    /// <summary>Why it was taken back, in the service's words.</summary>
    public string? VoidReason { get; init; }

    /// <summary>What was given back of it, a positive amount, or null where the service does not say.</summary>
    public Money? Refunded { get; init; }

    /// <summary>What was chosen with it.</summary>
    public IReadOnlyList<Modifier> Modifiers { get; init; } = [];
}
