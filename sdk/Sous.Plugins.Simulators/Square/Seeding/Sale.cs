namespace Sous.Plugins.Simulators.Square.Seeding;

/// <summary>An order with every payment made for it (declined ones too) and the orders that return from it.</summary>
internal sealed class Sale(OrderDraft order)
{
    public OrderDraft Order => order;

    public List<PaymentDraft> Payments { get; } = [];

    public List<OrderDraft> Returns { get; } = [];

    /// <summary>The order's payments and those of the exchanges that followed it.</summary>
    public IEnumerable<PaymentDraft> AllPayments => Payments.Concat(Returns.SelectMany(order => order.Tenders));
}
