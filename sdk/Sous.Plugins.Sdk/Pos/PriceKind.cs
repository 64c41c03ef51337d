namespace Sous.Plugins.Sdk.Pos;

/// <summary>How a variation's price is found.</summary>
public enum PriceKind
{
    /// <summary>It stands in the catalogue.</summary>
    Fixed,

    /// <summary>It is entered at the till.</summary>
    Open,

    /// <summary>By rules of size, time or menu that this contract does not hold.</summary>
    Rule,
}
