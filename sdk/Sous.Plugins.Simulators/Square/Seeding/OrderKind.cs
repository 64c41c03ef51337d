namespace Sous.Plugins.Simulators.Square.Seeding;

/// <summary>The story of a seeded order. A return follows directly after the order that it returns from.</summary>
internal enum OrderKind
{
    Regular,
    CanceledUnpaid,
    CanceledVoidedCard,
    Open,
    LateOffline,
    CustomAmount,
    NoLines,
    RefundedSameDay,
    RefundedLineLater,
    RefundedAmountLater,
    SplitTender,
    SplitTenderRefundedLater,
    RefundRejected,
    DeclinedThenPaid,
    Weighed,
    TaxExempt,
    Exchanged,
    Return,
}
