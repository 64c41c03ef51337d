namespace Sous.Plugins.Sdk.Pos;

/// <summary>What kind of document a sale is.</summary>
public enum SaleKind
{
    /// <summary>Something was sold.</summary>
    Sale,

    /// <summary>Something came back.</summary>
    Return,

    /// <summary>Something was sold and something came back, in one document.</summary>
    Exchange,

    /// <summary>A document that corrects an earlier one (Lightspeed).</summary>
    Correction,

    /// <summary>A kind that this contract does not know; <see cref="Sale.RawKind"/> has the service's word.</summary>
    Unknown,
}
