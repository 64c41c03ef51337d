namespace Sous.Plugins.Sdk.Pos;

/// <summary>The identities that a sale's amounts keep. A mismatch becomes a warning on the record; nothing is mended.</summary>
public static class SaleArithmetic
{
    /// <summary>The warning of a sale whose sums do not agree.</summary>
    public const string TotalsMismatch = "totals-mismatch";

    /// <summary>The warning of a sale whose lines do not add up to its sums: their gross, or the discounts and taxes that they tell.</summary>
    public const string LinesMismatch = "lines-mismatch";

    /// <summary>The warning of a sale whose discounts, service charges or taxes, where it lists any, do not add up to its sums.</summary>
    public const string PartsMismatch = "parts-mismatch";

    /// <summary>
    /// The identities that a sale breaks, empty when none: <see cref="TotalsMismatch"/> where Net is not Gross - Discounts or
    /// Total not Net + Tax + ServiceCharges + Tips + Rounding; <see cref="LinesMismatch"/> where the lines' gross differs from
    /// Gross or, where they tell any, their discounts from Discounts, or their taxes and those of the charges from Tax + TaxIncluded;
    /// <see cref="PartsMismatch"/> where listed discounts, charges or taxes differ from those sums. Sums of lines and of lists may
    /// differ by one minor unit for each line and each entry, which is what rounding each of them can cost.
    /// </summary>
    /// <param name="sale">The sale, all amounts in one currency.</param>
    /// <exception cref="InvalidOperationException">Amounts are in different currencies.</exception>
    public static IReadOnlyList<string> Check(Sale sale)
    {
        ArgumentNullException.ThrowIfNull(sale);
        var totals = sale.Net == sale.Gross - sale.Discounts
            && sale.Total == sale.Net + sale.Tax + sale.ServiceCharges + sale.Tips + sale.Rounding;
        var (lines, parts) = (LinesAgree(sale), PartsAgree(sale));
        return totals && lines && parts
            ? []
            : [.. totals ? Array.Empty<string>() : [TotalsMismatch], .. lines ? Array.Empty<string>() : [LinesMismatch], .. parts ? Array.Empty<string>() : [PartsMismatch]];
    }

    // By index: this runs for every sale of a backfill, and an interface's enumerator is an allocation each.
    private static bool LinesAgree(Sale sale)
    {
        var (counted, zero) = (0, Money.Zero(sale.Gross.Currency));
        var (gross, discounts, tax) = (zero, zero, zero);
        for (var i = 0; i < sale.Lines.Count; i++)
        {
            if (sale.Lines[i] is { Voided: false } line)
            {
                (counted, gross, discounts, tax) = (counted + 1, gross + line.Gross, discounts + line.Discount, tax + line.Tax);
            }
        }

        for (var i = 0; i < sale.Charges.Count; i++)
        {
            tax += sale.Charges[i].Tax;
        }

        return counted == 0
            || (Agree(gross, sale.Gross, counted)
                && (discounts == zero || Agree(discounts, sale.Discounts, counted))
                && (tax == zero || Agree(tax, sale.Tax + sale.TaxIncluded, counted + sale.Charges.Count)));
    }

    private static bool PartsAgree(Sale sale)
    {
        var zero = Money.Zero(sale.Gross.Currency);
        var (discounts, charges, taxes) = (zero, zero, zero);
        for (var i = 0; i < sale.AppliedDiscounts.Count; i++)
        {
            discounts += sale.AppliedDiscounts[i].Amount;
        }

        for (var i = 0; i < sale.Charges.Count; i++)
        {
            charges += sale.Charges[i].Amount;
        }

        for (var i = 0; i < sale.Taxes.Count; i++)
        {
            taxes += sale.Taxes[i].Amount;
        }

        var lines = sale.Lines.Count;
        return (sale.AppliedDiscounts.Count == 0 || Agree(discounts, sale.Discounts, lines + sale.AppliedDiscounts.Count))
            && (sale.Charges.Count == 0 || Agree(charges, sale.ServiceCharges, sale.Charges.Count))
            && (sale.Taxes.Count == 0 || Agree(taxes, sale.Tax + sale.TaxIncluded, lines + sale.Charges.Count + sale.Taxes.Count));
    }

    private static bool Agree(Money summed, Money told, int entries) => Math.Abs((summed - told).Minor) <= entries;
}
