namespace Sous.Plugins.Sdk.Pos;

/// <summary>How far a refund has come.</summary>
public enum RefundStatus
{
    /// <summary>Asked for, not yet done.</summary>
    Pending,

    /// <summary>Done.</summary>
    Completed,

    /// <summary>Refused by the service.</summary>
    Rejected,

    /// <summary>Failed on the way.</summary>
    Failed,

    /// <summary>A status that this contract does not know; <see cref="Refund.RawStatus"/> has the service's word.</summary>
    Unknown,
}
