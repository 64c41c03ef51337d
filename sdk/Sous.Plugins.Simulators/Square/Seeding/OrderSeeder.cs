using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Square.Seeding;

/// <summary>Makes the order of an index: the same seed, clock, index and count give the same order, so none need be kept.</summary>
internal sealed class OrderSeeder(int seed, long now, int days, int orders, Menu menu)
{
    private const long Minute = 60_000;
    private readonly OrderTimes _times = new(now, Math.Max(days, 1), Math.Max(orders, 1));

    public static OrderKind KindOf(int index, int orders)
    {
        var kind = (index % 100) switch
        {
            0 => OrderKind.CanceledUnpaid,
            1 => OrderKind.CanceledVoidedCard,
            2 or 52 => OrderKind.Open,
            3 or 18 or 53 => OrderKind.LateOffline,
            4 or 54 => OrderKind.CustomAmount,
            5 => OrderKind.NoLines,
            6 or 56 => OrderKind.RefundedSameDay,
            8 => OrderKind.RefundedLineLater,
            10 => OrderKind.RefundedAmountLater,
            12 or 62 => OrderKind.SplitTender,
            13 => OrderKind.SplitTenderRefundedLater,
            15 => OrderKind.RefundRejected,
            17 => OrderKind.DeclinedThenPaid,
            19 or 69 => OrderKind.Weighed,
            20 or 70 => OrderKind.TaxExempt,
            22 or 42 or 72 => OrderKind.Exchanged,
            7 or 9 or 11 or 14 or 16 or 23 or 43 or 57 or 73 => OrderKind.Return,
            _ => OrderKind.Regular,
        };
        return IsReturned(kind) && index + 1 >= orders ? OrderKind.Regular : kind;
    }

    /// <summary>The sale of an index; for a return's index, the sale that it returns from.</summary>
    public Sale Make(int index)
    {
        var kind = KindOf(index, orders);
        return kind == OrderKind.Return ? Make(index - 1) : MakeSale(index, kind, null, null);
    }

    /// <summary>A sale that arrives now; its index must be beyond the seeded ones.</summary>
    /// <param name="index">Its index.</param>
    /// <param name="kind">Its story.</param>
    /// <param name="at">Where.</param>
    /// <param name="opened">When it was taken.</param>
    /// <param name="changed">What its updated_at says, and that of its payments.</param>
    public Sale MakeLive(int index, OrderKind kind, Restaurant at, long opened, long changed)
    {
        var sale = MakeSale(index, kind, at, opened);
        sale.Order.Updated = changed;
        sale.Payments.ForEach(p => (p.Fee, p.Updated) = (null, changed));
        return sale;
    }

    private static bool IsReturned(OrderKind kind) => kind is OrderKind.RefundedSameDay or OrderKind.RefundedLineLater
        or OrderKind.RefundedAmountLater or OrderKind.SplitTenderRefundedLater or OrderKind.RefundRejected or OrderKind.Exchanged;

    private Sale MakeSale(int index, OrderKind kind, Restaurant? place, long? liveOpened)
    {
        var dice = Dice.For(seed, 1, index);
        var id = dice.Text(24) + "ZY";
        var uids = new UidSource(ref dice);
        var at = place ?? Pick(ref dice);
        var stay = liveOpened is null ? dice.Between(8, 90) * Minute : 0;
        var opened = liveOpened ?? _times.Open(ref dice, at, index, stay);
        var online = dice.Percent(20);
        var order = new OrderDraft
        {
            Id = id,
            At = at,
            Opened = opened,
            Source = online ? "Square Online" : "Square Point of Sale",
            Version = online ? dice.Between(2, 6) : null,
            Ticket = online || dice.Percent(40) ? null : $"Table {dice.Between(1, 40)}",
            Closed = kind == OrderKind.Open ? null : opened + stay,
            Updated = opened + stay + dice.Below(2_000),
            TaxExempt = kind == OrderKind.TaxExempt,
        };
        new LineSeeder(menu).Fill(order, kind, ref dice, ref uids);
        OrderPricer.Price(order, ref uids);
        var sale = new Sale(order);
        PaymentSeeder.Pay(sale, kind, ref dice);
        Tell(sale, kind, ref dice, liveOpened is not null, index);
        return sale;
    }

    private void Tell(Sale sale, OrderKind kind, ref Dice dice, bool live, int index)
    {
        var order = sale.Order;
        var closed = order.Closed ?? order.Opened;
        switch (kind)
        {
            case OrderKind.CanceledUnpaid or OrderKind.CanceledVoidedCard:
                order.State = "CANCELED";
                break;
            case OrderKind.Open:
                order.State = "OPEN";
                order.Updated = order.Opened;
                break;
            case OrderKind.LateOffline:
                order.Updated = _times.Clamp(closed + (dice.Between(60, 72 * 60) * Minute), closed);
                sale.Payments.ForEach(p => p.Updated = order.Updated + (10 * 1_000));
                break;
            default:
                if (IsReturned(kind) && !live)
                {
                    var wait = kind == OrderKind.RefundedSameDay ? dice.Between(20, 90) : dice.Between(24 * 60, 5 * 24 * 60);
                    GiveBack(sale, kind, _times.Clamp(closed + (wait * Minute), closed + 1_000), Dice.For(seed, 1, index + 1));
                }

                break;
        }
    }

    private void GiveBack(Sale sale, OrderKind kind, long at, Dice dice)
    {
        var id = dice.Text(24) + "ZY";
        if (kind == OrderKind.Exchanged)
        {
            var uids = new UidSource(ref dice);
            ReturnMaker.Exchange(sale, new LineSeeder(menu).Single(sale.Order.At, ref dice, ref uids), at, id, ref dice);
        }
        else
        {
            ReturnMaker.Return(sale, kind, at, id, ref dice);
        }
    }

    private static Restaurant Pick(ref Dice dice)
    {
        var left = dice.Below(Restaurants.All.Sum(r => r.Weight));
        foreach (var restaurant in Restaurants.All)
        {
            left -= restaurant.Weight;
            if (left < 0)
            {
                return restaurant;
            }
        }

        return Restaurants.Main;
    }
}
