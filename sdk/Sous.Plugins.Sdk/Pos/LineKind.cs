namespace Sous.Plugins.Sdk.Pos;

/// <summary>What a line stands for.</summary>
public enum LineKind
{
    /// <summary>An item of the catalogue.</summary>
    Item,

    /// <summary>An amount without an item.</summary>
    Custom,

    /// <summary>A gift card sold or loaded: not revenue.</summary>
    GiftCard,

    /// <summary>Paid now, delivered later: not revenue yet.</summary>
    Deferred,

    /// <summary>A kind that this contract does not know.</summary>
    Unknown,
}
