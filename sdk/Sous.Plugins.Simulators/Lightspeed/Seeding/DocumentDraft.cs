namespace Sous.Plugins.Simulators.Lightspeed.Seeding;

/// <summary>A document as it was closed; no document changes after. Payments are in the smallest unit, lines in millionths of the currency.</summary>
internal sealed class DocumentDraft
{
    public required Place At { get; init; }

    public required string FiscId { get; init; }

    public required string Reference { get; init; }

    /// <summary>SALE, REFUND, VOID …</summary>
    public required string Type { get; init; }

    public required DateTimeOffset Opened { get; init; }

    public DateTimeOffset Closed { get; set; }

    /// <summary>The document that this one corrects or follows.</summary>
    public DocumentDraft? Source { get; init; }

    public bool Cancelled => Type == "CANCEL";

    public string? VoidReason { get; set; }

    public int Table { get; init; }

    public int Covers { get; init; }

    public string Owner { get; init; } = "";

    public List<LineDraft> Lines { get; } = [];

    public List<PaymentDraft> Payments { get; } = [];

    public DateOnly Day => At.DayOf(Closed);

    /// <summary>Whether it is revenue.</summary>
    public bool Counts => Type is "SALE" or "REFUND";

    /// <summary>What stands on it: all but lines that were taken back.</summary>
    public IEnumerable<LineDraft> Standing => Lines.Where(line => line.VoidReason is null);
}

/// <summary>A line, or a modifier of one. The amounts are set by <see cref="DocumentPricer"/>, in millionths; those of a refund are negative.</summary>
internal sealed class LineDraft
{
    public required string Id { get; init; }

    public required MenuItem Item { get; init; }

    public LineDraft? Parent { get; init; }

    public required decimal Quantity { get; init; }

    /// <summary>Of one, in the smallest unit.</summary>
    public required long Price { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>In millionths; zero for none.</summary>
    public long Discount { get; set; }

    public long AccountDiscount { get; set; }

    public long ServiceCharge { get; set; }

    public string? VoidReason { get; set; }

    public long Gross { get; set; }

    public long DiscountAmount { get; set; }

    public long AccountDiscountAmount { get; set; }

    public long Without { get; set; }

    public long ChargeAmount { get; set; }

    /// <summary>One for each of the location's taxes.</summary>
    public long[] Taxes { get; set; } = [];

    public long Tax => Taxes.Sum();
}

/// <summary>A payment; all amounts apart from each other.</summary>
internal sealed record PaymentDraft(string Uuid, PaymentWay Way, long Amount, long Tip, long Surcharge, long Rounding, DateTimeOffset At);

/// <summary>A way to pay as the owner set it up.</summary>
internal sealed record PaymentWay(long Id, string Code, string Name)
{
    public static readonly PaymentWay Cash = new(141_948_669_132_824, "CASH", "Cash");
    public static readonly PaymentWay Visa = new(141_948_669_132_825, "VISA", "Visa");
    public static readonly PaymentWay Voucher = new(141_948_669_132_826, "GIFTCARD", "Gift card");
    public static readonly PaymentWay House = new(141_948_669_132_827, "ROOM", "On the room");

    public static IReadOnlyList<PaymentWay> All { get; } = [Cash, Visa, Voucher, House];
}
