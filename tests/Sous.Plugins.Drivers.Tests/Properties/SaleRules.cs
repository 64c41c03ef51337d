using System.Numerics;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Drivers.Tests.Properties;

/// <summary>The identities of a sale, reckoned a second time and in numbers without end, so that neither a slip nor an overflow hides.</summary>
internal static class SaleRules
{
    public static readonly string[] All = [SaleArithmetic.TotalsMismatch, SaleArithmetic.LinesMismatch, SaleArithmetic.PartsMismatch];

    /// <summary>The identities that the sale breaks.</summary>
    public static IEnumerable<string> Broken(Sale sale)
    {
        BigInteger net = sale.Net.Minor, charges = sale.ServiceCharges.Minor, tax = sale.Tax.Minor + (BigInteger)sale.TaxIncluded.Minor;
        if (net != (BigInteger)sale.Gross.Minor - sale.Discounts.Minor || sale.Total.Minor != net + sale.Tax.Minor + charges + sale.Tips.Minor + sale.Rounding.Minor)
        {
            yield return SaleArithmetic.TotalsMismatch;
        }

        var lines = sale.Lines.Where(line => !line.Voided).ToList();
        var (discount, taxed) = (Sum(lines, line => line.Discount.Minor), Sum(lines, line => line.Tax.Minor) + Sum(sale.Charges, charge => charge.Tax.Minor));
        if (lines.Count > 0 && (Apart(Sum(lines, line => line.Gross.Minor), sale.Gross.Minor, lines.Count)
            || (discount != 0 && Apart(discount, sale.Discounts.Minor, lines.Count))
            || (taxed != 0 && Apart(taxed, tax, lines.Count + sale.Charges.Count))))
        {
            yield return SaleArithmetic.LinesMismatch;
        }

        var (d, c, t) = (sale.AppliedDiscounts, sale.Charges, sale.Taxes);
        if ((d.Count > 0 && Apart(Sum(d, x => x.Amount.Minor), sale.Discounts.Minor, sale.Lines.Count + d.Count))
            || (c.Count > 0 && Apart(Sum(c, x => x.Amount.Minor), charges, c.Count))
            || (t.Count > 0 && Apart(Sum(t, x => x.Amount.Minor), tax, sale.Lines.Count + c.Count + t.Count)))
        {
            yield return SaleArithmetic.PartsMismatch;
        }
    }

    /// <summary>All of them hold, and every amount is in the one currency.</summary>
    public static void Hold(Sale sale, string currency)
    {
        Assert.Empty(Broken(sale));
        Assert.All([sale.Gross, sale.Discounts, sale.Net, sale.Tax, sale.TaxIncluded, sale.ServiceCharges, sale.Tips, sale.Rounding, sale.Total, sale.Refunded], money => Assert.Equal(currency, money.Currency));
        Assert.All(sale.Lines, line => Assert.Equal((currency, currency, currency, currency, currency), (line.Gross.Currency, line.Discount.Currency, line.Net.Currency, line.Tax.Currency, line.UnitPrice.Currency)));
    }

    private static BigInteger Sum<T>(IEnumerable<T> of, Func<T, long> amount) => of.Aggregate(BigInteger.Zero, (sum, item) => sum + amount(item));

    private static bool Apart(BigInteger summed, BigInteger told, int entries) => BigInteger.Abs(summed - told) > entries;
}
