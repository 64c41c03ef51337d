namespace Sous.Plugins.Sdk.Pos;

/// <summary>How far a sale has come.</summary>
public enum SaleStatus
{
    /// <summary>Not yet settled.</summary>
    Open,

    /// <summary>Settled.</summary>
    Closed,

    /// <summary>Taken back before it was settled.</summary>
    Voided,

    /// <summary>Given up.</summary>
    Canceled,

    /// <summary>Deleted at the service.</summary>
    Deleted,

    /// <summary>A status that this contract does not know; <see cref="Sale.RawStatus"/> has the service's word.</summary>
    Unknown,
}
