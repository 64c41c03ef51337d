namespace Sous.Plugins.Sdk.Pos;

/// <summary>How a discount is reckoned.</summary>
public enum DiscountKind
{
    /// <summary>A share of the price.</summary>
    Percent,

    /// <summary>A fixed amount.</summary>
    Amount,

    /// <summary>Another way.</summary>
    Unknown,
}
