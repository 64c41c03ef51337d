namespace Sous.Plugins.Sdk.Pos;

/// <summary>How far a payment has come.</summary>
public enum PaymentStatus
{
    /// <summary>Approved, not yet captured.</summary>
    Pending,

    /// <summary>Captured.</summary>
    Completed,

    /// <summary>Taken back or canceled before it was captured.</summary>
    Voided,

    /// <summary>Refused.</summary>
    Failed,

    /// <summary>A status that this contract does not know; <see cref="Payment.RawStatus"/> has the service's word.</summary>
    Unknown,
}
