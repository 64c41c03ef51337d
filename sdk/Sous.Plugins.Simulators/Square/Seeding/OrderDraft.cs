namespace Sous.Plugins.Simulators.Square.Seeding;

/// <summary>An order with all that its JSON says. Times are Unix milliseconds; money is in the location's smallest unit.</summary>
internal sealed class OrderDraft
{
    public required string Id { get; init; }

    public required Restaurant At { get; init; }

    public required long Opened { get; init; }

    public required string Source { get; init; }

    /// <summary>Only orders made through the API carry a version.</summary>
    public int? Version { get; set; }

    public string? Ticket { get; init; }

    public string State { get; set; } = "COMPLETED";

    public long Updated { get; set; }

    public long? Closed { get; set; }

    /// <summary>Null, not empty, where Square leaves the field out.</summary>
    public List<LineDraft>? Lines { get; set; } = [];

    /// <summary>The guest pays no tax.</summary>
    public bool TaxExempt { get; init; }

    public List<TaxDraft> Taxes { get; } = [];

    public List<DiscountDraft> Discounts { get; } = [];

    public List<ChargeDraft> Charges { get; } = [];

    public List<PaymentDraft> Tenders { get; } = [];

    public ReturnDraft? Return { get; set; }

    public List<RefundDraft> Refunds { get; } = [];

    public Amounts Amounts { get; set; }
}

/// <summary>The five amounts that an order, and a return, sum up to.</summary>
internal readonly record struct Amounts(long Total, long Tax, long Discount, long Tip, long Charge);

/// <summary>A line. Gross is Square's gross_sales_money.</summary>
internal sealed class LineDraft
{
    public required string Uid { get; init; }

    public string? Name { get; init; }

    public string? VariationName { get; init; }

    public string? VariationId { get; init; }

    public required TaxClass TaxClass { get; init; }

    public required decimal Quantity { get; init; }

    public bool ByWeight { get; init; }

    public required long BasePrice { get; init; }

    public List<LineModifier> Modifiers { get; } = [];

    public List<(DiscountDraft Discount, long Amount)> Discounts { get; } = [];

    public List<(TaxDraft Tax, long Amount)> Taxes { get; } = [];

    public long VariationTotal { get; set; }

    public long Full => VariationTotal + Modifiers.Sum(m => m.Total);

    public long DiscountTotal => Discounts.Sum(d => d.Amount);

    public long TaxTotal => Taxes.Sum(t => t.Amount);

    public long Gross { get; set; }

    public long Total { get; set; }
}

/// <summary>A modifier as sold; the total is for the whole line.</summary>
internal sealed record LineModifier(string Uid, string Id, string Name, int Quantity, long Price, long Total);

/// <summary>A tax of the order; the amount is over all lines and charges.</summary>
internal sealed class TaxDraft(string uid, TaxRule rule)
{
    public string Uid => uid;

    public TaxRule Rule => rule;

    public long Amount { get; set; }
}

/// <summary>A discount of the order, over the whole order or over one line.</summary>
internal sealed class DiscountDraft(string uid, MenuDiscount source, bool wholeOrder)
{
    public string Uid => uid;

    public MenuDiscount Source => source;

    public bool WholeOrder => wholeOrder;

    public long Amount { get; set; }
}

/// <summary>A service charge, by percentage or by amount; what is applied holds the inclusive taxes.</summary>
internal sealed class ChargeDraft(string uid, string name, string? percentage, bool gratuity)
{
    public string Uid => uid;

    public string Name => name;

    public string? Percentage => percentage;

    public bool Gratuity => gratuity;

    public long Applied { get; set; }

    public List<(TaxDraft Tax, long Amount)> Taxes { get; } = [];

    public long TaxTotal => Taxes.Sum(t => t.Amount);

    public long Total => Applied + Taxes.Where(t => !t.Tax.Rule.Inclusive).Sum(t => t.Amount);
}

/// <summary>What an order returns from another.</summary>
internal sealed class ReturnDraft
{
    public required string Uid { get; init; }

    public required OrderDraft From { get; init; }

    /// <summary>The source's lines that come back whole; empty for a bare amount.</summary>
    public required IReadOnlyList<LineDraft> Lines { get; init; }

    /// <summary>A bare amount given back without saying for which line.</summary>
    public long CustomAmount { get; init; }

    public bool WithChargesAndTips { get; init; }

    public required Amounts Amounts { get; init; }
}
