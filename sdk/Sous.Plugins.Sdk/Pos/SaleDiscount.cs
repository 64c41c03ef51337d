namespace Sous.Plugins.Sdk.Pos;

/// <summary>One discount with what it took off.</summary>
public sealed record SaleDiscount
{
    /// <summary>The discount at the service, or null.</summary>
    public string? Id { get; init; }

    /// <summary>Its name on the receipt.</summary>
    public string? Name { get; init; }

    /// <summary>How it is reckoned.</summary>
    public required DiscountKind Kind { get; init; }

    /// <summary>Its share in percent, or null.</summary>
    public decimal? Percent { get; init; }

    /// <summary>What it took off, a positive amount.</summary>
    public required Money Amount { get; init; }

    /// <summary>The line that it applies to; null for the whole sale.</summary>
    public string? LineId { get; init; }
}
