namespace Sous.Plugins.Simulators.Lightspeed.Seeding;

/// <summary>What is special about an account, and about what follows it.</summary>
internal enum DocumentKind
{
    Regular,
    LineDiscount,
    AccountDiscount,
    BothDiscounts,
    ServiceCharge,
    Modifiers,
    Weighed,
    OpenPrice,
    VoidedLine,
    SplitPayments,
    CashPaid,
    Surcharge,

    /// <summary>Nothing was paid: it closed as VOID.</summary>
    Voided,

    /// <summary>Given up while it was open: it closed as CANCEL.</summary>
    Cancelled,

    /// <summary>Paid just before the business day ends, and closed after.</summary>
    OverDayEnd,

    /// <summary>Moved to another account: a TRANSFER without payments before the sale itself.</summary>
    Transferred,
    RefundedSameDay,
    RefundedLater,
    RefundedInPart,

    /// <summary>Refunded whole, and sold anew as it should have been.</summary>
    Corrected,
}
