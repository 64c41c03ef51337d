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
        var total = sale.Net == sale.Gross - sale.Discounts
            && sale.Total == sale.Net + sale.Tax + sale.ServiceCharges + sale.Tips + sale.Rounding;
        var (counted, sum) = (0, Money.Zero(sale.Gross.Currency));
        // By index: this runs for every sale of a backfill, and an interface's enumerator is an allocation each.
        for (var i = 0; i < sale.Lines.Count; i++)
        {
            if (!sale.Lines[i].Voided)
            {
                (counted, sum) = (counted + 1, sum + sale.Lines[i].Gross);
            }
        }

        var lines = counted == 0 || Math.Abs(sum.Minor - sale.Gross.Minor) <= counted;
        return (total, lines) switch
        {
            (true, true) => [],
            (false, true) => [TotalsMismatch],
            (true, false) => [LinesMismatch],
            _ => [TotalsMismatch, LinesMismatch],
        };
    }
}
