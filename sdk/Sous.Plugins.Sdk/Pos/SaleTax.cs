namespace Sous.Plugins.Sdk.Pos;

/// <summary>One tax with its sum over a sale.</summary>
public sealed record SaleTax
{
    /// <summary>The tax at the service, or null.</summary>
    public string? TaxId { get; init; }

    /// <summary>Its name on the receipt.</summary>
    public required string Name { get; init; }

    /// <summary>Its rate in percent: 8.875, or null.</summary>
    public decimal? RatePercent { get; init; }

    /// <summary>Its sum.</summary>
    public required Money Amount { get; init; }

    /// <summary>Whether it is within the prices.</summary>
    public required bool Included { get; init; }

    /// <summary>Whether a marketplace pays it to the state.</summary>
    public bool RemittedByMarketplace { get; init; }
}
