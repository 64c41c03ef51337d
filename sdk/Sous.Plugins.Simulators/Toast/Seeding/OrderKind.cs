namespace Sous.Plugins.Simulators.Toast.Seeding;

/// <summary>What is special about an order.</summary>
internal enum OrderKind
{
    Regular,
    ItemDiscount,
    CheckDiscount,
    Gratuity,
    DeliveryCharge,
    SplitChecks,
    SplitPayments,
    NestedModifiers,
    Weighed,
    OpenItem,
    GiftCard,
    VoidedSelection,
    VoidedCheck,
    VoidedOrder,
    DeletedCheck,
    DeletedOrder,
    TestMode,
    ExcessFood,
    Open,
    DeniedThenPaid,
    CashRounded,
    Marketplace,
    RefundedSameDay,
    RefundedLater,

    /// <summary>Refunded on a later business day, and the order's time of change does not tell.</summary>
    RefundedUnseen,

    /// <summary>Its payment was voided on a later business day, and the order's time of change does not tell.</summary>
    VoidedUnseen,
}
