namespace Sous.Plugins.Simulators.Toast.Seeding;

/// <summary>All orders, seeded whole at the start and changed live. Safe to use from several threads.</summary>
internal sealed class OrderBook
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, OrderDraft> _orders = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, OrderDraft> _byPayment = new(StringComparer.OrdinalIgnoreCase);
    private readonly OrderSeeder _seeder;
    private int _next;

    public OrderBook(OrderSeeder seeder, int orders)
    {
        _seeder = seeder;
        for (var i = 0; i < orders; i++)
        {
            Keep(seeder.Make(i));
        }

        _next = orders;
    }

    /// <summary>Reads under the lock: what is read must be written out before it returns.</summary>
    public T Read<T>(Func<IReadOnlyCollection<OrderDraft>, T> read)
    {
        lock (_gate)
        {
            return read(_orders.Values);
        }
    }

    /// <summary>Reads the order of a GUID, or of a payment's; null where there is none.</summary>
    public T Find<T>(string guid, bool byPayment, Func<OrderDraft?, T> read)
    {
        lock (_gate)
        {
            return read((byPayment ? _byPayment : _orders).GetValueOrDefault(guid));
        }
    }

    /// <summary>Sells one more order.</summary>
    public string Add(OrderKind kind, Restaurant at, DateTimeOffset opened)
    {
        lock (_gate)
        {
            var order = _seeder.MakeLive(_next++, kind, at, opened);
            Keep(order);
            return order.Guid;
        }
    }

    /// <exception cref="ArgumentException">There is no such order.</exception>
    public void Change(string guid, Action<OrderDraft> change)
    {
        lock (_gate)
        {
            if (!_orders.TryGetValue(guid, out var order))
            {
                throw new ArgumentException($"There is no order {guid}.", nameof(guid));
            }

            change(order);
            Keep(order);
        }
    }

    private void Keep(OrderDraft order)
    {
        _orders[order.Guid] = order;
        foreach (var payment in order.Payments)
        {
            _byPayment[payment.Guid] = order;
        }
    }
}
