using System.Globalization;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Toast.Seeding;

/// <summary>Ends an order as its kind says: pays, voids, deletes, refunds.</summary>
internal static class PaymentSeeder
{
    public static void Finish(OrderDraft order, OrderKind kind, DateTimeOffset now, bool gratuityInTotal, ref Dice dice)
    {
        var closed = order.Opened.AddMinutes(dice.Between(20, 100)).AddMilliseconds(dice.Below(1000));
        closed = closed < now ? closed : now;
        if (kind == OrderKind.CashRounded)
        {
            // To the next five of the smallest unit, as coins go.
            var due = OrderPricer.Due(order.Checks[0]);
            order.Checks[0].Charges.Add(new ChargeDraft(Guids.Next(ref dice), "Cash rounding", ((due + 2) / 5 * 5) - due, false, "CASH_ROUNDING"));
            OrderPricer.Price(order, gratuityInTotal);
        }

        switch (kind)
        {
            case OrderKind.Open or OrderKind.ExcessFood:
                return;
            case OrderKind.DeletedOrder:
                (order.Deleted, order.Modified) = (closed, closed);
                order.Checks.ForEach(check => check.Deleted = closed);
                return;
            case OrderKind.DeletedCheck:
                order.Checks[1].Deleted = closed;
                break;
            case OrderKind.VoidedSelection:
                order.Checks[0].Lines[0].Voided = closed;
                break;
            case OrderKind.VoidedCheck:
                Void(order.Checks[1], closed);
                break;
        }

        OrderPricer.Price(order, gratuityInTotal);
        foreach (var check in order.Checks.Where(check => check.Deleted is null && check.Voided is null))
        {
            Pay(order, check, kind, closed, ref dice);
        }

        (order.Closed, order.Modified) = (closed, closed);
        After(order, kind, now, closed, gratuityInTotal, ref dice);
    }

    /// <summary>Pays what a check owes.</summary>
    public static void Settle(OrderDraft order, CheckDraft check, DateTimeOffset at, ref Dice dice)
    {
        check.Payments.Add(Make(order, "CREDIT", OrderPricer.Due(check) - check.Payments.Where(p => p.Counts).Sum(p => p.Amount), at, "CAPTURED", ref dice));
        check.Status = "CLOSED";
    }

    /// <summary>Gives money back: the tip too where nothing is left of the payment.</summary>
    public static void Refund(OrderDraft order, PaymentDraft payment, long amount, DateTimeOffset at)
    {
        payment.Refund = (amount, amount == payment.Amount ? payment.Tip : 0, at, order.At.DayOf(at));
        var check = order.Checks.First(c => c.Payments.Contains(payment));
        if (amount == OrderPricer.Due(check))
        {
            check.Lines.FindAll(line => line.Voided is null).ForEach(line => line.Refunded = (line.Price, line.Tax));
        }
    }

    /// <summary>Voids a check with all of its selections.</summary>
    public static void Void(CheckDraft check, DateTimeOffset at)
    {
        check.Voided = at;
        check.Status = "CLOSED";
        check.Charges.Clear();
        check.Lines.ForEach(line => line.Voided ??= at);
    }

    private static void After(OrderDraft order, OrderKind kind, DateTimeOffset now, DateTimeOffset closed, bool gratuityInTotal, ref Dice dice)
    {
        // Two to twelve days later, and never on the day itself.
        var later = closed.AddDays(dice.Between(2, 12)).AddMinutes(dice.Below(300));
        var payment = order.Payments.FirstOrDefault(p => p.Counts);
        switch (kind)
        {
            case OrderKind.VoidedOrder:
                order.Voided = closed.AddMinutes(1) < now ? closed.AddMinutes(1) : now;
                order.Modified = order.Voided.Value;
                foreach (var voided in order.Payments)
                {
                    voided.Void = (order.Voided.Value, order.At.DayOf(order.Voided.Value));
                    voided.Status = voided.Status is null ? null : "VOIDED";
                }

                order.Checks.ForEach(check => Void(check, order.Voided.Value));
                OrderPricer.Price(order, gratuityInTotal);
                break;
            case OrderKind.RefundedSameDay when payment is not null:
                Refund(order, payment, payment.Amount, closed);
                break;
            case OrderKind.RefundedLater when payment is not null && later < now:
                Refund(order, payment, Math.Max(1, payment.Amount / 3), later);
                order.Modified = later;
                break;
            case OrderKind.RefundedUnseen when payment is not null && later < now:
                Refund(order, payment, payment.Amount, later);
                break;
            case OrderKind.VoidedUnseen when payment is not null && later < now:
                payment.Void = (later, order.At.DayOf(later));
                payment.Status = payment.Status is null ? null : "VOIDED";
                break;
        }
    }

    private static void Pay(OrderDraft order, CheckDraft check, OrderKind kind, DateTimeOffset at, ref Dice dice)
    {
        var due = OrderPricer.Due(check);
        if (kind == OrderKind.DeniedThenPaid)
        {
            check.Payments.Add(Make(order, "CREDIT", due, at.AddMinutes(-1), "DENIED", ref dice));
        }

        var type = kind is OrderKind.CashRounded or OrderKind.DeniedThenPaid ? "CASH"
            : dice.Below(100) switch { < 65 => "CREDIT", < 85 => "CASH", < 92 => "GIFTCARD", < 97 => "OTHER", _ => "HOUSE_ACCOUNT" };
        var first = kind == OrderKind.SplitPayments ? due / 2 : due;
        check.Payments.Add(Make(order, type, first, at, type == "CREDIT" ? "CAPTURED" : null, ref dice));
        if (first < due)
        {
            check.Payments.Add(Make(order, "CASH", due - first, at, null, ref dice));
        }

        check.Status = "CLOSED";
        var tips = type == "CREDIT" && check.Charges.TrueForAll(charge => !charge.Gratuity) && dice.Percent(70);
        check.Payments[^1].Tip = tips ? Proportion.Of(due, dice.Between(3, 5) * 5, 100) : 0;
    }

    private static PaymentDraft Make(OrderDraft order, string type, long amount, DateTimeOffset at, string? status, ref Dice dice) => new()
    {
        Guid = Guids.Next(ref dice),
        Type = type,
        Amount = amount,
        Paid = at,
        Day = order.At.DayOf(at),
        Status = status,
        CardType = dice.Below(3) switch { 0 => "MASTERCARD", 1 => "AMEX", _ => "VISA" },
        Last4 = dice.Between(1000, 9999).ToString(CultureInfo.InvariantCulture),
        Fee = status == "CAPTURED" && dice.Percent(80) ? Proportion.Of(amount, 249, 10_000) + 15 : null,
    };
}
