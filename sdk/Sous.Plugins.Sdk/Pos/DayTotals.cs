namespace Sous.Plugins.Sdk.Pos;

/// <summary>
/// Totals of a business day as the service tells them. Null is what its path does not tell: it is then not compared, so a driver
/// fills in what the path really says and never what it works out from the sales that it fetches.
/// </summary>
public sealed record DayTotals
{
    /// <summary>The path that they come from, for a bookkeeper, as in <c>payments and refunds listed</c>.</summary>
    public required string Source { get; init; }

    /// <summary>False where the service itself says that it does not have all of the day yet: the host then asks again later, and nothing differs.</summary>
    public bool Complete { get; init; } = true;

    /// <summary>Number of closed sales of the day, of any kind, returns among them.</summary>
    public int? SaleCount { get; init; }

    /// <summary>Gross over those sales, before discounts and tax; what came back is taken off here and in the five after it.</summary>
    public Money? Gross { get; init; }

    /// <summary>Their discounts, a positive amount.</summary>
    public Money? Discounts { get; init; }

    /// <summary>Their net: gross without discounts, before additive tax.</summary>
    public Money? Net { get; init; }

    /// <summary>Their additive tax, on top of the net.</summary>
    public Money? Tax { get; init; }

    /// <summary>Their tax that is within the net already.</summary>
    public Money? TaxIncluded { get; init; }

    /// <summary>Their service charges, without the charges' own additive tax.</summary>
    public Money? ServiceCharges { get; init; }

    /// <summary>Payments completed on the day, whichever day their sale belongs to, without tips.</summary>
    public Money? Payments { get; init; }

    /// <summary>The tips of those payments.</summary>
    public Money? Tips { get; init; }

    /// <summary>Refunds completed on the day, whichever day their sale belongs to; a positive amount.</summary>
    public Money? Refunds { get; init; }

    /// <summary>Number of those payments.</summary>
    public int? PaymentCount { get; init; }

    /// <summary>Number of those refunds.</summary>
    public int? RefundCount { get; init; }
}
