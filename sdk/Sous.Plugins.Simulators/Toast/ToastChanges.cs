using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Toast.Seeding;

namespace Sous.Plugins.Simulators.Toast;

/// <summary>What happens at the restaurants while a test runs. Everything happens at the clock's now. Safe to use from several threads.</summary>
public sealed class ToastChanges
{
    private readonly OrderBook _orders;
    private readonly ToastWebhooks _webhooks;
    private readonly IReadOnlyList<Menu> _menus;
    private readonly Lock _publishing;
    private readonly ToastSimulatorOptions _options;
    private readonly TimeProvider _clock;
    private int _made;

    internal ToastChanges(OrderBook orders, ToastWebhooks webhooks, IReadOnlyList<Menu> menus, Lock publishing, ToastSimulatorOptions options, TimeProvider clock)
    {
        (_orders, _webhooks, _menus, _publishing, _options, _clock) = (orders, webhooks, menus, publishing, options, clock);
    }

    private DateTimeOffset Now => DateTimeOffset.FromUnixTimeMilliseconds(_clock.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>Sells and pays an order. Returns its GUID.</summary>
    /// <param name="restaurant">Where.</param>
    /// <exception cref="ArgumentException">There is no such restaurant.</exception>
    public string AddOrder(string restaurant) => Add(restaurant, OrderKind.Regular);

    /// <summary>Opens an order that nobody has paid. Returns its GUID.</summary>
    /// <param name="restaurant">Where.</param>
    /// <exception cref="ArgumentException">There is no such restaurant.</exception>
    public string AddOpenOrder(string restaurant) => Add(restaurant, OrderKind.Open);

    /// <summary>Adds a line to an open order.</summary>
    /// <param name="order">The order.</param>
    /// <exception cref="ArgumentException">There is no such order, or it is not open.</exception>
    public void EditOrder(string order) => Change(order, draft =>
    {
        var check = OpenCheck(draft);
        var dice = Dice();
        check.Lines.Add(new LineSeeder(_menus[draft.At.Index]).Line(OrderKind.Regular, ref dice));
    });

    /// <summary>Pays an open order by card.</summary>
    /// <param name="order">The order.</param>
    /// <exception cref="ArgumentException">There is no such order, or it is not open.</exception>
    public void PayOrder(string order) => Change(order, draft =>
    {
        var dice = Dice();
        PaymentSeeder.Settle(draft, OpenCheck(draft), Now, ref dice);
        draft.Closed = Now;
    });

    /// <summary>Sets the tip of an order's first payment, as staff do after the guests have left.</summary>
    /// <param name="order">The order.</param>
    /// <param name="minor">The tip in the currency's smallest unit.</param>
    /// <exception cref="ArgumentException">There is no such order, or nobody has paid it.</exception>
    public void AdjustTip(string order, long minor) => Change(order, draft => Paid(draft).Tip = minor);

    /// <summary>Refunds the order's first payment.</summary>
    /// <param name="order">The order.</param>
    /// <param name="minor">How much, in the smallest unit, or null for all of it and its tip.</param>
    /// <param name="seen">Whether the order's time of change tells of it.</param>
    /// <exception cref="ArgumentException">There is no such order, or nobody has paid it.</exception>
    public void RefundOrder(string order, long? minor = null, bool seen = true) => Change(order, draft =>
    {
        var payment = Paid(draft);
        PaymentSeeder.Refund(draft, payment, Math.Min(minor ?? payment.Amount, payment.Amount), Now);
    }, seen);

    /// <summary>Voids the order's first payment.</summary>
    /// <param name="order">The order.</param>
    /// <param name="seen">Whether the order's time of change tells of it.</param>
    /// <exception cref="ArgumentException">There is no such order, or nobody has paid it.</exception>
    public void VoidPayment(string order, bool seen = true) => Change(order, draft =>
    {
        var payment = Paid(draft);
        payment.Void = (Now, draft.At.DayOf(Now));
        payment.Status = payment.Status is null ? null : "VOIDED";
    }, seen);

    /// <summary>Voids an order with its checks, selections and payments.</summary>
    /// <param name="order">The order.</param>
    /// <exception cref="ArgumentException">There is no such order.</exception>
    public void VoidOrder(string order) => Change(order, draft =>
    {
        draft.Voided = Now;
        draft.Checks.ForEach(check => PaymentSeeder.Void(check, Now));
        foreach (var payment in draft.Payments)
        {
            payment.Void = (Now, draft.At.DayOf(Now));
            payment.Status = payment.Status is null ? null : "VOIDED";
        }
    });

    /// <summary>Deletes an order that nobody has paid.</summary>
    /// <param name="order">The order.</param>
    /// <exception cref="ArgumentException">There is no such order, or it is not open.</exception>
    public void DeleteOrder(string order) => Change(order, draft =>
    {
        OpenCheck(draft);
        draft.Deleted = Now;
        draft.Checks.ForEach(check => check.Deleted = Now);
    });

    /// <summary>The GUIDs of the items on a restaurant's menus.</summary>
    /// <param name="restaurant">The restaurant.</param>
    /// <exception cref="ArgumentException">There is no such restaurant.</exception>
    public IReadOnlyList<string> ItemIds(string restaurant)
    {
        lock (_publishing)
        {
            return [.. _menus[At(restaurant).Index].Items.Select(item => item.Guid)];
        }
    }

    /// <summary>Renames an item and publishes the menus.</summary>
    /// <param name="restaurant">The restaurant.</param>
    /// <param name="item">The item's GUID.</param>
    /// <param name="name">Its new name.</param>
    /// <exception cref="ArgumentException">There is no such restaurant or item.</exception>
    public void RenameItem(string restaurant, string item, string name) => Publish(restaurant, menu =>
        (menu.Items.FirstOrDefault(known => known.Guid == item) ?? throw new ArgumentException($"There is no item {item}.", nameof(item))).Name = name);

    /// <summary>Takes an item off the menus and publishes them.</summary>
    /// <param name="restaurant">The restaurant.</param>
    /// <param name="item">The item's GUID.</param>
    /// <exception cref="ArgumentException">There is no such restaurant or item.</exception>
    public void RemoveItem(string restaurant, string item) => Publish(restaurant, menu =>
    {
        if (!menu.Remove(item))
        {
            throw new ArgumentException($"There is no item {item}.", nameof(item));
        }
    });

    /// <summary>Publishes the menus of a restaurant, or takes all of them back.</summary>
    /// <param name="restaurant">The restaurant.</param>
    /// <param name="published">Whether anything is published after this.</param>
    /// <exception cref="ArgumentException">There is no such restaurant.</exception>
    public void PublishMenus(string restaurant, bool published = true) => Publish(restaurant, menu => menu.IsPublished = published);

    private static Restaurant At(string restaurant) => Restaurants.Find(restaurant) ?? throw new ArgumentException($"There is no restaurant {restaurant}.", nameof(restaurant));

    private static CheckDraft OpenCheck(OrderDraft order)
        => order.Checks.Find(check => check.Status == "OPEN" && check.Voided is null && check.Deleted is null) ?? throw new ArgumentException($"The order {order.Guid} is not open.", nameof(order));

    private static PaymentDraft Paid(OrderDraft order)
        => order.Payments.FirstOrDefault(payment => payment.Counts) ?? throw new ArgumentException($"Nobody has paid the order {order.Guid}.", nameof(order));

    private Dice Dice() => Hosting.Dice.For(_options.Seed, 42, Interlocked.Increment(ref _made));

    private string Add(string restaurant, OrderKind kind)
    {
        var order = _orders.Add(kind, At(restaurant), Now);
        _webhooks.Tell(order);
        return order;
    }

    private void Publish(string restaurant, Action<Menu> change)
    {
        var menu = _menus[At(restaurant).Index];
        lock (_publishing)
        {
            menu.Publish(Now, () => change(menu));
        }
    }

    private void Change(string order, Action<OrderDraft> change, bool seen = true)
    {
        _orders.Change(order, draft =>
        {
            change(draft);
            OrderPricer.Price(draft, _options.GratuityInTotal);
            draft.Modified = !seen ? draft.Modified : Now > draft.Modified ? Now : draft.Modified.AddMilliseconds(1);
        });
        if (seen)
        {
            _webhooks.Tell(order);
        }
    }
}
