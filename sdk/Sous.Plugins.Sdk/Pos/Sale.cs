namespace Sous.Plugins.Sdk.Pos;

/// <summary>One sale, whole: an order with its lines, payments and refunds as they stand now. Net = Gross - Discounts, and Total = Net + Tax + ServiceCharges + Tips + Rounding, where Tax is the additive tax alone; what does not add up is a warning, never mended.</summary>
public sealed record Sale
{
    /// <summary>Which sale at which service.</summary>
    public required ExternalRef Ref { get; init; }

    /// <summary>The service's id of the location that sold.</summary>
    public required string LocationId { get; init; }

    /// <summary>What kind of document it is.</summary>
    public required SaleKind Kind { get; init; }

    /// <summary>The service's own word for the kind where this contract does not know it.</summary>
    public string? RawKind { get; init; }

    /// <summary>How far it has come.</summary>
    public required SaleStatus Status { get; init; }

    /// <summary>The service's own word for the status where this contract does not know it.</summary>
    public string? RawStatus { get; init; }

    /// <summary>When it was opened.</summary>
    public required DateTimeOffset OpenedAt { get; init; }

    /// <summary>When it was settled, or null.</summary>
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>When the service last changed it.</summary>
    public required DateTimeOffset ModifiedAt { get; init; }

    /// <summary>The business day that it belongs to, in the location's zone.</summary>
    public required DateOnly BusinessDate { get; init; }

    /// <summary>Who said so.</summary>
    public required BusinessDateSource DateSource { get; init; }

    /// <summary>The number that guests and staff see.</summary>
    public string? Number { get; init; }

    /// <summary>Where it was taken, in the service's words: the till, an app, a marketplace.</summary>
    public string? Channel { get; init; }

    /// <summary>How it was served, in the service's words: dine in, take out, delivery.</summary>
    public string? ServiceType { get; init; }

    /// <summary>Number of guests.</summary>
    public int? Guests { get; init; }

    /// <summary>The sale that a return or correction refers to.</summary>
    public string? OriginalSaleId { get; init; }

    /// <summary>Sum of the lines before discounts and additive tax.</summary>
    public required Money Gross { get; init; }

    /// <summary>Sum of the discounts, a positive amount.</summary>
    public required Money Discounts { get; init; }

    /// <summary>Gross without the discounts.</summary>
    public required Money Net { get; init; }

    /// <summary>Tax added on top of the net.</summary>
    public required Money Tax { get; init; }

    /// <summary>Tax that is within the net already.</summary>
    public required Money TaxIncluded { get; init; }

    /// <summary>Service charges, their own additive tax not among them.</summary>
    public required Money ServiceCharges { get; init; }

    /// <summary>Tips.</summary>
    public required Money Tips { get; init; }

    /// <summary>What rounding added or took away.</summary>
    public required Money Rounding { get; init; }

    /// <summary>What was to be paid.</summary>
    public required Money Total { get; init; }

    /// <summary>What was given back of it by now, a positive amount.</summary>
    public required Money Refunded { get; init; }

    /// <summary>What was sold.</summary>
    public IReadOnlyList<SaleLine> Lines { get; init; } = [];

    /// <summary>The taxes, each with its sum over the sale.</summary>
    public IReadOnlyList<SaleTax> Taxes { get; init; } = [];

    /// <summary>The discounts, each with what it took off.</summary>
    public IReadOnlyList<SaleDiscount> AppliedDiscounts { get; init; } = [];

    /// <summary>The service charges.</summary>
    public IReadOnlyList<ServiceCharge> Charges { get; init; } = [];

    /// <summary>The payments, in the order of their time.</summary>
    public IReadOnlyList<Payment> Payments { get; init; } = [];

    /// <summary>The refunds, in the order of their time.</summary>
    public IReadOnlyList<Refund> Refunds { get; init; } = [];

    /// <summary>What does not add up or could not be read, one code each, as in <c>totals-mismatch</c>.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
