namespace Sous.Plugins.Sdk.Pos;

/// <summary>Totals of a business day as the service tells them. Null is what its path does not tell.</summary>
public sealed record DayTotals
{
    /// <summary>The path that they come from, for a bookkeeper, as in <c>payments and refunds listed</c>.</summary>
    public required string Source { get; init; }

    /// <summary>Gross sales before discounts and tax.</summary>
    public Money? Gross { get; init; }

    /// <summary>Net sales: gross without discounts, before tax.</summary>
    public Money? Net { get; init; }

    /// <summary>Tax.</summary>
    public Money? Tax { get; init; }

    /// <summary>Payments taken, without tips.</summary>
    public Money? Payments { get; init; }

    /// <summary>Tips taken.</summary>
    public Money? Tips { get; init; }

    /// <summary>Money given back, as a positive amount.</summary>
    public Money? Refunds { get; init; }

    /// <summary>Number of payments, or null.</summary>
    public int? PaymentCount { get; init; }

    /// <summary>Number of refunds, or null.</summary>
    public int? RefundCount { get; init; }
}
