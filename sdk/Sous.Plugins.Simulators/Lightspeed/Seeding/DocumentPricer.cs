using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Lightspeed.Seeding;

/// <summary>Works lines out to six decimals, each by itself, and what the guest owes to the smallest unit.</summary>
internal static class DocumentPricer
{
    /// <summary>Millionths in the smallest unit of the currencies at hand.</summary>
    public const long PerMinor = 10_000;

    public static void Price(DocumentDraft document)
    {
        foreach (var line in document.Lines)
        {
            Price(line, document.At);
        }
    }

    /// <summary>What stands on the document, taxes and service charges included, in the smallest unit.</summary>
    public static long Due(DocumentDraft document) => ToMinor(document.Standing.Sum(Total));

    public static long Total(LineDraft line) => line.Without + line.Tax + line.ChargeAmount;

    public static long ToMinor(long millionths) => (long)Math.Round(millionths / (decimal)PerMinor, MidpointRounding.ToEven);

    private static void Price(LineDraft line, Place at)
    {
        // A price has two decimals and a quantity three, so that six hold the product.
        line.Gross = (long)(line.Price * line.Quantity * PerMinor);
        line.DiscountAmount = Share(line.Gross, line.Discount);
        line.AccountDiscountAmount = Share(line.Gross - line.DiscountAmount, line.AccountDiscount);
        var left = line.Gross - line.DiscountAmount - line.AccountDiscountAmount;
        var rates = at.Taxes.Select(tax => tax.Millionths).ToList();
        line.Without = at.TaxIncluded ? (long)Math.Round(left * (decimal)Proportion.Whole / (Proportion.Whole + rates.Sum()), MidpointRounding.ToEven) : left;
        line.Taxes = at.TaxIncluded ? [left - line.Without] : [.. rates.Select(rate => Share(left, rate))];
        line.ChargeAmount = Share(left, line.ServiceCharge);
    }

    private static long Share(long amount, long millionths) => (long)Math.Round(amount * (decimal)millionths / Proportion.Whole, MidpointRounding.ToEven);
}
