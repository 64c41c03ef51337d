using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Square.Seeding;

/// <summary>Works an order's money out in Square's order: discounts, service charges, taxes, totals.</summary>
internal static class OrderPricer
{
    public static void Price(OrderDraft order, ref UidSource uids)
    {
        var lines = order.Lines ?? [];
        foreach (var line in lines)
        {
            line.VariationTotal = Proportion.Of(line.BasePrice, line.Quantity);
        }

        foreach (var discount in order.Discounts.Where(d => d.WholeOrder))
        {
            DiscountWhole(order, lines, discount);
        }

        foreach (var charge in order.Charges.Where(c => c.Percentage is not null))
        {
            charge.Applied = Proportion.Of(lines.Sum(l => l.Full - l.DiscountTotal), 18, 100);
        }

        foreach (var line in lines)
        {
            TaxLine(order, line, ref uids);
        }

        foreach (var charge in order.Charges.Where(c => !c.Gratuity))
        {
            Tax(order, TaxClass.Food, charge.Applied, charge.Taxes, ref uids);
        }

        Total(order);
    }

    /// <summary>Sums up again, as after a tip.</summary>
    public static void Total(OrderDraft order)
    {
        var lines = order.Lines ?? [];
        var tip = order.Tenders.Sum(t => t.Tip);
        order.Amounts = new Amounts(
            lines.Sum(l => l.Total) + order.Charges.Sum(c => c.Total) + tip,
            order.Taxes.Sum(t => t.Amount),
            order.Discounts.Sum(d => d.Amount),
            tip,
            order.Charges.Sum(c => c.Applied));
    }

    public static void DiscountLine(OrderDraft order, LineDraft line, DiscountDraft discount)
    {
        line.VariationTotal = Proportion.Of(line.BasePrice, line.Quantity);
        discount.Amount = AmountOf(discount.Source, order.At, line.Full);
        line.Discounts.Add((discount, discount.Amount));
        order.Discounts.Add(discount);
    }

    private static long AmountOf(MenuDiscount discount, Restaurant at, long of) =>
        discount.Percentage is null ? Math.Min(at.Price(discount.Cents), of) : Proportion.Of(of, discount.Millionths, Proportion.Whole);

    private static void DiscountWhole(OrderDraft order, List<LineDraft> lines, DiscountDraft discount)
    {
        long[] open = [.. lines.Select(l => l.Full - l.DiscountTotal)];
        discount.Amount = AmountOf(discount.Source, order.At, open.Sum());
        var parts = Proportion.Split(discount.Amount, open);
        for (var i = 0; i < lines.Count; i++)
        {
            lines[i].Discounts.Add((discount, parts[i]));
        }
    }

    private static void TaxLine(OrderDraft order, LineDraft line, ref UidSource uids)
    {
        var net = line.Full - line.DiscountTotal;
        var included = Tax(order, line.TaxClass, net, line.Taxes, ref uids);
        line.Gross = line.Full - (order.At.GrossIsNetOfInclusiveTax ? included : 0);
        line.Total = net + line.TaxTotal - included;
    }

    /// <summary>Adds the taxes of an amount and returns those that are within it; additive ones are worked out on what is left.</summary>
    private static long Tax(OrderDraft order, TaxClass of, long amount, List<(TaxDraft Tax, long Amount)> taxes, ref UidSource uids)
    {
        var rules = order.TaxExempt ? [] : order.At.Taxes.Where(rule => rule.Covers(of)).ToList();
        var rates = rules.Where(rule => rule.Inclusive).Sum(rule => rule.Millionths);
        var included = 0L;
        foreach (var rule in rules.OrderByDescending(rule => rule.Inclusive))
        {
            var share = rule.Inclusive
                ? Proportion.Of(amount, rule.Millionths, Proportion.Whole + rates)
                : Proportion.Of(amount - included, rule.Millionths, Proportion.Whole);
            included += rule.Inclusive ? share : 0;
            var tax = TaxOf(order, rule, ref uids);
            tax.Amount += share;
            taxes.Add((tax, share));
        }

        return included;
    }

    private static TaxDraft TaxOf(OrderDraft order, TaxRule rule, ref UidSource uids)
    {
        if (order.Taxes.Find(t => t.Rule == rule) is { } known)
        {
            return known;
        }

        var tax = new TaxDraft(uids.Next("tax"), rule);
        order.Taxes.Add(tax);
        return tax;
    }
}
