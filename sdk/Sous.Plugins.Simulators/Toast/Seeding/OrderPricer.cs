using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Toast.Seeding;

/// <summary>Works an order's money out: prices and discounts without tax, tax on what is left, sums of each check.</summary>
internal static class OrderPricer
{
    public static void Price(OrderDraft order, bool gratuityInTotal)
    {
        foreach (var check in order.Checks)
        {
            Price(check, order.At.Tax);
            var lines = check.Lines.Where(line => line.Voided is null).ToList();
            check.Amount = lines.Sum(line => line.Price) + check.Charges.Where(charge => !charge.Gratuity).Sum(charge => charge.Amount);
            check.Tax = lines.Sum(line => line.Tax);
            check.Total = check.Amount + check.Tax + (gratuityInTotal ? GratuityOf(check) : 0);
        }
    }

    /// <summary>What the guest owes, whatever the check's total says of the gratuity.</summary>
    public static long Due(CheckDraft check) => check.Amount + check.Tax + GratuityOf(check);

    /// <summary>What a line costs by the menu: with its modifiers, and with the tax where that is included.</summary>
    public static long Full(LineDraft line) => Proportion.Of(line.UnitPrice, line.Quantity) + line.Modifiers.Sum(Full);

    private static long GratuityOf(CheckDraft check) => check.Charges.Where(charge => charge.Gratuity).Sum(charge => charge.Amount);

    private static void Price(CheckDraft check, TaxRule tax)
    {
        var lines = check.Lines.Where(line => line.Voided is null).ToList();
        var off = lines.ToDictionary(line => line, line => line.Discounts.Sum(discount => discount.Amount = Of(discount, Full(line))));
        foreach (var discount in check.Discounts)
        {
            var left = lines.ConvertAll(line => Full(line) - off[line]);
            discount.Amount = Math.Min(Of(discount, left.Sum()), left.Sum());
            var shares = Proportion.Split(discount.Amount, left);
            discount.NonTax = 0;
            for (var i = 0; i < shares.Length; i++)
            {
                discount.NonTax += WithoutTax(left[i], tax) - WithoutTax(left[i] - shares[i], tax);
                off[lines[i]] += shares[i];
            }
        }

        foreach (var line in check.Lines)
        {
            Price(line, off.GetValueOrDefault(line), line.Deferred ? tax with { Millionths = 0 } : tax);
        }
    }

    private static void Price(LineDraft line, long off, TaxRule tax)
    {
        var full = Full(line);
        line.Gross = WithoutTax(full, tax);
        line.Price = WithoutTax(full - off, tax);
        line.Tax = tax.Included ? full - off - line.Price : Proportion.Of(full - off, tax.Millionths, Proportion.Whole);
        var own = 0L;
        foreach (var discount in line.Discounts)
        {
            discount.NonTax = WithoutTax(full - own, tax) - WithoutTax(full - own - discount.Amount, tax);
            own += discount.Amount;
        }

        line.Modifiers.ForEach(modifier => Price(modifier, 0, tax));
    }

    private static long Of(DiscountDraft discount, long from) => discount.Millionths > 0 ? Proportion.Of(from, discount.Millionths, Proportion.Whole) : Math.Min(discount.Amount, from);

    private static long WithoutTax(long amount, TaxRule tax) => tax.Included ? Proportion.Of(amount, Proportion.Whole, Proportion.Whole + tax.Millionths) : amount;
}
