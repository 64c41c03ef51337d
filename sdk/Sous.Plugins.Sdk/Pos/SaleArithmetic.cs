namespace Sous.Plugins.Sdk.Pos;

/// <summary>The identities that a sale's amounts keep. A mismatch becomes a warning on the record; nothing is mended.</summary>
public static class SaleArithmetic
{
    /// <summary>The warning of a sale whose sums do not agree.</summary>
    public const string TotalsMismatch = "totals-mismatch";

    /// <summary>The warning of a sale whose lines do not add up to its sums.</summary>
    public const string LinesMismatch = "lines-mismatch";

    /// <summary>
    /// The identities that a sale breaks, empty when none: <see cref="TotalsMismatch"/> where Net is not Gross - Discounts or
    /// Total not Net + Tax + ServiceCharges + Tips + Rounding; <see cref="LinesMismatch"/> where the lines' gross differs from
    /// Gross by more than one minor unit a line.
    /// </summary>
    /// <param name="sale">The sale, all amounts in one currency.</param>
    /// <exception cref="InvalidOperationException">Amounts are in different currencies.</exception>
    public static IReadOnlyList<string> Check(Sale sale)
    {
        ArgumentNullException.ThrowIfNull(sale);
        var warnings = new List<string>();
        if (sale.Net != sale.Gross - sale.Discounts
            || sale.Total != sale.Net + sale.Tax + sale.ServiceCharges + sale.Tips + sale.Rounding)
        {
            warnings.Add(TotalsMismatch);
        }

        var lines = sale.Lines.Where(static line => !line.Voided).ToList();
        var sum = lines.Aggregate(Money.Zero(sale.Gross.Currency), static (total, line) => total + line.Gross);
        if (lines.Count > 0 && Math.Abs(sum.Minor - sale.Gross.Minor) > lines.Count)
        {
            warnings.Add(LinesMismatch);
        }

        return warnings;
    }
}
