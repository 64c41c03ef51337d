using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Square.Seeding;

/// <summary>Pays a seeded order: one tender or two, tips on cards, fees ten seconds later, a declined card now and then.</summary>
internal static class PaymentSeeder
{
    private const long FeeDelay = 10_000;

    public static void Pay(Sale sale, OrderKind kind, ref Dice dice)
    {
        var order = sale.Order;
        if (order.Lines is null)
        {
            order.Amounts = new Amounts(order.At.Price(dice.Between(500, 6_000)), 0, 0, 0, 0);
        }

        if (kind is OrderKind.CanceledUnpaid or OrderKind.Open)
        {
            return;
        }

        var due = order.Amounts.Total;
        if (kind == OrderKind.DeclinedThenPaid)
        {
            sale.Payments.Add(Make(order, PaymentMethod.Card, due, 0, order.Closed - 60_000, "FAILED", false, ref dice));
        }

        if (kind is OrderKind.SplitTender or OrderKind.SplitTenderRefundedLater)
        {
            Tender(sale, PaymentMethod.Card, due / 2, kind, ref dice);
            Tender(sale, dice.Percent(50) ? PaymentMethod.Cash : PaymentMethod.Card, due - (due / 2), kind, ref dice);
        }
        else
        {
            Tender(sale, kind is OrderKind.CanceledVoidedCard or OrderKind.LateOffline or OrderKind.DeclinedThenPaid ? PaymentMethod.Card : Method(ref dice), due, kind, ref dice);
        }

        if (order.Lines is not null)
        {
            OrderPricer.Total(order);
        }
    }

    /// <summary>Square's 2.6 % and 10, in the smallest unit.</summary>
    public static long FeeOf(PaymentDraft payment) => Proportion.Of(payment.Total, 26, 1000) + 10;

    /// <summary>Pays what an open order owes, in one card payment, with its fee still to come.</summary>
    public static void Settle(Sale sale, long at, ref Dice dice)
    {
        var payment = Make(sale.Order, PaymentMethod.Card, sale.Order.Amounts.Total, 0, at, "COMPLETED", false, ref dice);
        payment.Updated = at;
        sale.Payments.Add(payment);
        sale.Order.Tenders.Add(payment);
        OrderPricer.Total(sale.Order);
    }

    /// <summary>Pays by card what an exchange costs more than what came back.</summary>
    public static void PayDifference(OrderDraft exchange, long due, ref Dice dice)
    {
        var payment = Make(exchange, PaymentMethod.Card, due, 0, exchange.Closed, "COMPLETED", false, ref dice);
        (payment.Fee, payment.Updated) = (FeeOf(payment), payment.Created);
        exchange.Tenders.Add(payment);
    }

    private static void Tender(Sale sale, PaymentMethod method, long amount, OrderKind kind, ref Dice dice)
    {
        var order = sale.Order;
        var tips = method is PaymentMethod.Card or PaymentMethod.Wallet && order.Charges.Count == 0 && order.Lines is not null;
        var tip = tips && dice.Percent(order.At.TipHabit) ? Proportion.Of(amount, dice.Between(3, 5) * 5, 100) : 0;
        var voided = kind == OrderKind.CanceledVoidedCard;
        var payment = Make(order, method, amount, tip, order.Closed, voided ? "CANCELED" : "COMPLETED", kind == OrderKind.LateOffline, ref dice);
        if (payment.TakesFee && !voided)
        {
            payment.Fee = FeeOf(payment);
            payment.Updated += FeeDelay;
        }

        sale.Payments.Add(payment);
        order.Tenders.Add(payment);
    }

    private static PaymentDraft Make(OrderDraft order, PaymentMethod method, long amount, long tip, long? at, string status, bool offline, ref Dice dice)
    {
        var created = at ?? order.Opened;
        var note = order.At.Currency == "JPY" ? 1_000 : 500;
        return new PaymentDraft
        {
            Id = dice.Text(26) + "ZY",
            Order = order,
            Method = method,
            Amount = amount,
            Tip = tip,
            Created = created,
            Updated = created + dice.Below(900),
            Status = status,
            Offline = offline,
            CardBrand = method == PaymentMethod.GiftCard ? "SQUARE_GIFT_CARD" : dice.Below(4) switch { 0 => "MASTERCARD", 1 => "AMERICAN_EXPRESS", _ => "VISA" },
            Last4 = dice.Between(1000, 9999).ToString(System.Globalization.CultureInfo.InvariantCulture),
            Entry = dice.Below(3) switch { 0 => "EMV", 1 => "SWIPED", _ => "CONTACTLESS" },
            Tendered = (amount + note - 1) / note * note,
        };
    }

    private static PaymentMethod Method(ref Dice dice) => dice.Below(100) switch
    {
        < 60 => PaymentMethod.Card,
        < 78 => PaymentMethod.Cash,
        < 88 => PaymentMethod.External,
        < 94 => PaymentMethod.Wallet,
        _ => PaymentMethod.GiftCard,
    };
}
