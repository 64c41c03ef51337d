namespace Sous.Plugins.Simulators.Square.Seeding;

/// <summary>A payment, which is also its order's tender. The amount is without the tip.</summary>
internal sealed class PaymentDraft
{
    public required string Id { get; init; }

    public required OrderDraft Order { get; init; }

    public required PaymentMethod Method { get; init; }

    public required long Amount { get; init; }

    public required long Tip { get; init; }

    public required long Created { get; init; }

    public long Updated { get; set; }

    public string Status { get; set; } = "COMPLETED";

    public long? Fee { get; set; }

    public bool Offline { get; init; }

    public string CardBrand { get; init; } = "VISA";

    public string Last4 { get; init; } = "0000";

    public string Entry { get; init; } = "EMV";

    public long Tendered { get; init; }

    public List<RefundDraft> Refunds { get; } = [];

    public long Total => Amount + Tip;

    public long Refunded => Refunds.Where(r => r.GivesMoneyBack).Sum(r => r.Amount);

    public bool TakesFee => Method is PaymentMethod.Card or PaymentMethod.Wallet;
}

/// <summary>How a guest pays.</summary>
internal enum PaymentMethod
{
    Card,
    Cash,
    External,
    Wallet,
    GiftCard,
}

/// <summary>A refund of one payment, which belongs to the returning order.</summary>
internal sealed class RefundDraft
{
    public required string Id { get; init; }

    public required PaymentDraft Payment { get; init; }

    public required OrderDraft Order { get; init; }

    public required long Amount { get; init; }

    public required long Tip { get; init; }

    public required long Created { get; init; }

    public required long Updated { get; init; }

    public required string Status { get; init; }

    public required string Reason { get; init; }

    public bool GivesMoneyBack => Status is "COMPLETED" or "PENDING";
}
