using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Square.Seeding;

/// <summary>Makes the order that returns from a sale, and the refunds of the payments that it gives back.</summary>
internal static class ReturnMaker
{
    public static OrderDraft Return(Sale sale, OrderKind kind, long at, string id, ref Dice dice)
    {
        var source = sale.Order;
        var rejected = kind == OrderKind.RefundRejected;
        return kind switch
        {
            OrderKind.RefundedAmountLater => Amount(sale, Math.Max(1, source.Amounts.Total / 4), at, id, "COMPLETED", ref dice),
            OrderKind.RefundedLineLater or OrderKind.RefundRejected when source.Lines is [var line, ..] =>
                Make(sale, [line], false, 0, at, id, rejected ? "REJECTED" : "COMPLETED", ref dice),
            _ => Whole(sale, at, id, "COMPLETED", ref dice),
        };
    }

    public static OrderDraft Whole(Sale sale, long at, string id, string status, ref Dice dice) => sale.Order.Lines is { } lines
        ? Make(sale, lines, true, 0, at, id, status, ref dice)
        : Amount(sale, sale.Order.Amounts.Total, at, id, status, ref dice);

    public static OrderDraft Amount(Sale sale, long amount, long at, string id, string status, ref Dice dice) =>
        Make(sale, [], false, amount, at, id, status, ref dice);

    /// <summary>Gives the first line back and sells another for it; who owes the difference pays it.</summary>
    public static OrderDraft Exchange(Sale sale, LineDraft bought, long at, string id, ref Dice dice)
    {
        var back = sale.Order.Lines is [var line, ..] ? line : throw new ArgumentException($"The order {sale.Order.Id} has no line to exchange.", nameof(sale));
        var order = Draft(sale, [back], false, 0, new Amounts(back.Total, back.TaxTotal, back.DiscountTotal, 0, 0), at, id, "COMPLETED", ref dice);
        order.Lines = [bought];
        var uids = new UidSource(ref dice);
        OrderPricer.Price(order, ref uids);
        var due = order.Amounts.Total - back.Total;
        if (due > 0)
        {
            PaymentSeeder.PayDifference(order, due, ref dice);
        }
        else if (due < 0 && sale.Payments.Find(p => p.Status == "COMPLETED") is { } paid)
        {
            Refund(order, paid, -due, 0, at, "COMPLETED", ref dice);
        }

        sale.Returns.Add(order);
        return order;
    }

    private static OrderDraft Make(Sale sale, IReadOnlyList<LineDraft> lines, bool whole, long amount, long at, string id, string status, ref Dice dice)
    {
        var source = sale.Order;
        var amounts = whole
            ? source.Amounts
            : new Amounts(lines.Sum(l => l.Total) + amount, lines.Sum(l => l.TaxTotal), lines.Sum(l => l.DiscountTotal), 0, 0);
        var order = Draft(sale, lines, whole, amount, amounts, at, id, status, ref dice);
        foreach (var payment in sale.Payments.Where(p => p.Status == "COMPLETED"))
        {
            Refund(order, payment, whole ? payment.Total : amounts.Total, whole ? payment.Tip : 0, at, status, ref dice);
            if (!whole)
            {
                break;
            }
        }

        sale.Returns.Add(order);
        return order;
    }

    private static OrderDraft Draft(
        Sale sale, IReadOnlyList<LineDraft> lines, bool whole, long amount, Amounts amounts, long at, string id, string status, ref Dice dice)
    {
        var source = sale.Order;
        return new OrderDraft
        {
            Id = id,
            At = source.At,
            Opened = at,
            Closed = at,
            Updated = at,
            Source = source.Source,
            State = status == "REJECTED" ? "CANCELED" : "COMPLETED",
            Lines = null,
            TaxExempt = source.TaxExempt,
            Return = new ReturnDraft { Uid = dice.Text(12), From = source, Lines = lines, CustomAmount = amount, WithChargesAndTips = whole, Amounts = amounts },
        };
    }

    private static void Refund(OrderDraft order, PaymentDraft payment, long amount, long tip, long at, string status, ref Dice dice)
    {
        var refund = new RefundDraft
        {
            Id = $"{payment.Id}_{dice.Text(30)}",
            Payment = payment,
            Order = order,
            Amount = amount,
            Tip = tip,
            Created = at,
            Updated = order.Updated,
            Status = status,
            Reason = dice.Below(3) switch { 0 => "Returned goods", 1 => "Guest complaint", _ => "Accidental charge" },
        };
        payment.Refunds.Add(refund);
        payment.Updated = Math.Max(payment.Updated, refund.Updated);
        order.Refunds.Add(refund);
    }
}
