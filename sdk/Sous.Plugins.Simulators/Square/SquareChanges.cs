using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Square.Catalog;
using Sous.Plugins.Simulators.Square.Records;
using Sous.Plugins.Simulators.Square.Seeding;

namespace Sous.Plugins.Simulators.Square;

/// <summary>What happens at the merchant while a test runs. Everything happens at the clock's now. Safe to use from several threads.</summary>
public sealed class SquareChanges
{
    private readonly SalesBook _sales;
    private readonly CatalogBook _catalog;
    private readonly Menu _menu;
    private readonly SquareSimulatorOptions _options;
    private readonly TimeProvider _clock;
    private int _made;

    internal SquareChanges(SalesBook sales, CatalogBook catalog, Menu menu, SquareSimulatorOptions options, TimeProvider clock)
    {
        _sales = sales;
        _catalog = catalog;
        _menu = menu;
        _options = options;
        _clock = clock;
    }

    private long Now => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Sells and pays an order; the payment's processing fee is still to come. Returns the order's id.</summary>
    /// <param name="locationId">Where.</param>
    /// <exception cref="ArgumentException">There is no such location.</exception>
    public string AddOrder(string locationId) => Add(locationId, OrderKind.Regular, Now, Now);

    /// <summary>Opens an order that nobody has paid. Returns its id.</summary>
    /// <param name="locationId">Where.</param>
    /// <exception cref="ArgumentException">There is no such location.</exception>
    public string AddOpenOrder(string locationId) => Add(locationId, OrderKind.Open, Now, Now);

    /// <summary>Lets an order arrive now that was taken offline: its created_at is old, its updated_at is now. Returns its id.</summary>
    /// <param name="locationId">Where.</param>
    /// <param name="age">How long ago it was taken; Square allows up to 72 hours.</param>
    /// <exception cref="ArgumentException">There is no such location.</exception>
    public string AddLateOrder(string locationId, TimeSpan age) => Add(locationId, OrderKind.LateOffline, Now - (long)age.TotalMilliseconds, Now);

    /// <summary>The same, with an updated_at as old as its created_at: Square does not say which of both it is. Returns its id.</summary>
    /// <param name="locationId">Where.</param>
    /// <param name="age">How long ago it was taken; Square allows up to 72 hours.</param>
    /// <exception cref="ArgumentException">There is no such location.</exception>
    public string AddLateOrderOfOldChange(string locationId, TimeSpan age)
        => Add(locationId, OrderKind.LateOffline, Now - (long)age.TotalMilliseconds, Now - (long)age.TotalMilliseconds);

    /// <summary>Pays an open order by card.</summary>
    /// <param name="orderId">The open order.</param>
    /// <exception cref="ArgumentException">There is no such order, or it is not open.</exception>
    public void PayOrder(string orderId) => Change(orderId, "OPEN", sale =>
    {
        var dice = Dice.For(_options.Seed, 3, Interlocked.Increment(ref _made));
        PaymentSeeder.Settle(sale, Now, ref dice);
        (sale.Order.State, sale.Order.Closed) = ("COMPLETED", Now);
    });

    /// <summary>Cancels an open order.</summary>
    /// <param name="orderId">The open order.</param>
    /// <exception cref="ArgumentException">There is no such order, or it is not open.</exception>
    public void CancelOrder(string orderId) => Change(orderId, "OPEN", sale => (sale.Order.State, sale.Order.Closed) = ("CANCELED", Now));

    /// <summary>Refunds a paid order. The order itself does not change: a return order and refunds appear, and its payments change. Returns the return order's id.</summary>
    /// <param name="orderId">The order that was paid.</param>
    /// <param name="minor">A bare amount in the smallest unit; null gives everything back, tips too.</param>
    /// <param name="status">The refunds' status: COMPLETED, PENDING, REJECTED or FAILED.</param>
    /// <exception cref="ArgumentException">There is no such order, or it is not completed.</exception>
    public string RefundOrder(string orderId, long? minor = null, string status = "COMPLETED") => _sales.Change(RecordKind.Order, orderId, sale =>
    {
        Require(sale, orderId, "COMPLETED");
        var dice = Dice.For(_options.Seed, 4, Interlocked.Increment(ref _made));
        var id = dice.Text(24) + "ZY";
        return minor is { } amount
            ? ReturnMaker.Amount(sale, amount, Now, id, status, ref dice).Id
            : ReturnMaker.Whole(sale, Now, id, status, ref dice).Id;
    });

    /// <summary>Exchanges the first line of a paid order for something else: an order that returns and sells at once, with a payment of what it costs more or a refund of what it costs less. Returns its id.</summary>
    /// <param name="orderId">The order that was paid.</param>
    /// <param name="minor">The new thing's price before tax, in the smallest unit.</param>
    /// <exception cref="ArgumentException">There is no such order, it is not completed, or it has no lines.</exception>
    public string ExchangeOrder(string orderId, long minor) => _sales.Change(RecordKind.Order, orderId, sale =>
    {
        Require(sale, orderId, "COMPLETED");
        var dice = Dice.For(_options.Seed, 6, Interlocked.Increment(ref _made));
        var bought = new LineDraft { Uid = dice.Text(12), Name = "Instead", TaxClass = TaxClass.Food, Quantity = 1, BasePrice = minor };
        return ReturnMaker.Exchange(sale, bought, Now, dice.Text(24) + "ZY", ref dice).Id;
    });

    /// <summary>Lets a payment's processing fee arrive, as Square does some ten seconds later: the payment's updated_at moves, the order's does not.</summary>
    /// <param name="paymentId">The payment.</param>
    /// <exception cref="ArgumentException">There is no such payment.</exception>
    public void AddProcessingFee(string paymentId) => _sales.Change(RecordKind.Payment, paymentId, sale =>
    {
        var payment = sale.AllPayments.Single(p => p.Id == paymentId);
        payment.Fee = PaymentSeeder.FeeOf(payment);
        return payment.Updated = Math.Max(Now, payment.Updated + 1);
    });

    /// <summary>The ids of an order's payments, in the order in which they were made.</summary>
    /// <param name="orderId">The order.</param>
    public IReadOnlyList<string> PaymentsOf(string orderId) =>
        _sales.Read(RecordKind.Payment, table => table.All.Where(p => p.OrderId == orderId).Select(p => p.Id).ToList());

    /// <summary>The ids of the items that stand in the catalogue.</summary>
    public IReadOnlyList<string> ItemIds => [.. _catalog.Ids(deleted: false).Where(id => _menu.Items.Any(item => item.Id == id))];

    /// <summary>Renames an item.</summary>
    /// <param name="itemId">The item.</param>
    /// <param name="name">Its new name.</param>
    /// <exception cref="ArgumentException">There is no such item.</exception>
    public void RenameItem(string itemId, string name) => _catalog.Change(itemId, Now, delete: false, () => Item(itemId).NameNow = name);

    /// <summary>Deletes an item and its variations.</summary>
    /// <param name="itemId">The item.</param>
    /// <exception cref="ArgumentException">There is no such item.</exception>
    public void DeleteItem(string itemId) => _catalog.Change(itemId, Now, delete: true, static () => { });

    private static void Require(Sale sale, string orderId, string state)
    {
        if (sale.Order.Id != orderId || sale.Order.State != state)
        {
            throw new ArgumentException($"The order {orderId} is not {state}.", nameof(orderId));
        }
    }

    private MenuItem Item(string id) => _menu.Items.FirstOrDefault(item => item.Id == id) ?? throw new ArgumentException($"There is no item {id}.", nameof(id));

    private string Add(string locationId, OrderKind kind, long opened, long changed)
    {
        var at = Restaurants.Find(locationId) ?? throw new ArgumentException($"There is no location {locationId}.", nameof(locationId));
        var seeder = new OrderSeeder(_options.Seed, Now, _options.Days, _options.Orders, _menu);
        return _sales.Add(index => seeder.MakeLive(index, kind, at, opened, changed)).Order.Id;
    }

    private void Change(string orderId, string state, Action<Sale> change) => _sales.Change(RecordKind.Order, orderId, sale =>
    {
        Require(sale, orderId, state);
        change(sale);
        return sale.Order.Updated = Math.Max(Now, sale.Order.Updated + 1);
    });
}
