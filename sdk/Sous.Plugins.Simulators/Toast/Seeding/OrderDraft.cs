namespace Sous.Plugins.Simulators.Toast.Seeding;

/// <summary>An order with all that its JSON says. Money is in the currency's smallest unit; days are yyyyMMdd.</summary>
internal sealed class OrderDraft
{
    public required string Guid { get; init; }

    public required Restaurant At { get; init; }

    public required DateTimeOffset Opened { get; init; }

    public required int Day { get; init; }

    public required string Number { get; init; }

    public required string Source { get; init; }

    public required string DiningOption { get; init; }

    public int Guests { get; init; }

    public bool Test { get; init; }

    public bool ExcessFood { get; init; }

    public DateTimeOffset Modified { get; set; }

    public DateTimeOffset? Closed { get; set; }

    public DateTimeOffset? Voided { get; set; }

    public DateTimeOffset? Deleted { get; set; }

    public List<CheckDraft> Checks { get; } = [];

    public IEnumerable<PaymentDraft> Payments => Checks.SelectMany(check => check.Payments);

    /// <summary>Whether its money is the restaurant's.</summary>
    public bool Counts => !Test && !ExcessFood;
}

/// <summary>One check. The sums are set by <see cref="OrderPricer"/>.</summary>
internal sealed class CheckDraft
{
    public required string Guid { get; init; }

    public required string Number { get; init; }

    public List<LineDraft> Lines { get; } = [];

    public List<PaymentDraft> Payments { get; } = [];

    public List<DiscountDraft> Discounts { get; } = [];

    public List<ChargeDraft> Charges { get; } = [];

    /// <summary>OPEN, PAID or CLOSED.</summary>
    public string Status { get; set; } = "OPEN";

    public DateTimeOffset? Voided { get; set; }

    public DateTimeOffset? Deleted { get; set; }

    /// <summary>After discounts, with service charges, without gratuity and tax.</summary>
    public long Amount { get; set; }

    public long Tax { get; set; }

    public long Total { get; set; }
}

/// <summary>A selection or, below one, a modifier. Amounts of a selection hold those of its modifiers.</summary>
internal sealed class LineDraft
{
    public required string Guid { get; init; }

    public MenuItem? Item { get; init; }

    public required string Name { get; init; }

    public required decimal Quantity { get; init; }

    /// <summary>Price of one on the menu, with the tax where that is included.</summary>
    public required long UnitPrice { get; init; }

    public string Type { get; init; } = "NONE";

    public string? OptionGroup { get; init; }

    public bool Deferred => Type is "TOAST_CARD_SELL" or "TOAST_CARD_RELOAD";

    public List<LineDraft> Modifiers { get; } = [];

    public List<DiscountDraft> Discounts { get; } = [];

    public DateTimeOffset? Voided { get; set; }

    public (long Amount, long Tax)? Refunded { get; set; }

    /// <summary>Before discounts, without tax.</summary>
    public long Gross { get; set; }

    /// <summary>After all discounts, without tax.</summary>
    public long Price { get; set; }

    public long Tax { get; set; }
}

/// <summary>A discount with what it took off: of the price with included tax, and of the price without.</summary>
internal sealed class DiscountDraft
{
    public required string Guid { get; init; }

    public required string Name { get; init; }

    /// <summary>In millionths; zero for a fixed amount.</summary>
    public long Millionths { get; init; }

    public long Amount { get; set; }

    public long NonTax { get; set; }
}

/// <summary>A service charge; a gratuity is one.</summary>
internal sealed record ChargeDraft(string Guid, string Name, long Amount, bool Gratuity, string Category = "SERVICE_CHARGE");

/// <summary>One payment.</summary>
internal sealed class PaymentDraft
{
    public required string Guid { get; init; }

    /// <summary>CASH, CREDIT, GIFTCARD, OTHER …</summary>
    public required string Type { get; init; }

    public required long Amount { get; init; }

    public long Tip { get; set; }

    public required DateTimeOffset Paid { get; init; }

    public required int Day { get; init; }

    /// <summary>Only cards have one.</summary>
    public string? Status { get; set; }

    public string CardType { get; init; } = "VISA";

    public string Last4 { get; init; } = "0000";

    public long? Fee { get; set; }

    public (long Amount, long Tip, DateTimeOffset At, int Day)? Refund { get; set; }

    public (DateTimeOffset At, int Day)? Void { get; set; }

    /// <summary>Whether the money came in and stayed a payment.</summary>
    public bool Counts => Void is null && Status is null or "CAPTURED";
}
