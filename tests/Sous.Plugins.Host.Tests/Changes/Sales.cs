using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Tests.Changes;

/// <summary>Sales to test with.</summary>
internal static class Sales
{
    public const string Location = "L1";

    public static readonly DateOnly Day = new(2026, 3, 14);

    public static readonly DateTimeOffset Noon = new(2026, 3, 14, 12, 0, 0, TimeSpan.Zero);

    public static Money Usd(long minor) => new(minor, "USD");

    public static Sale Make(string id, long net = 1000, DateOnly? day = null, string location = Location, SaleStatus status = SaleStatus.Closed) => new()
    {
        Ref = new ExternalRef("square", id, "1"),
        LocationId = location,
        Kind = SaleKind.Sale,
        Status = status,
        OpenedAt = Noon,
        ClosedAt = Noon.AddMinutes(40),
        ModifiedAt = Noon.AddMinutes(41),
        BusinessDate = day ?? Day,
        DateSource = BusinessDateSource.Derived,
        Gross = Usd(net),
        Discounts = Usd(0),
        Net = Usd(net),
        Tax = Usd(0),
        TaxIncluded = Usd(0),
        ServiceCharges = Usd(0),
        Tips = Usd(0),
        Rounding = Usd(0),
        Total = Usd(net),
        Refunded = Usd(0),
        Lines = [Line("1", 1m, net)],
    };

    public static SaleLine Line(string id, decimal quantity, long gross) => new()
    {
        LineId = id,
        Kind = LineKind.Item,
        Name = "Crème brûlée",
        Quantity = quantity,
        UnitPrice = Usd(gross),
        Gross = Usd(gross),
        Discount = Usd(0),
        Net = Usd(gross),
        Tax = Usd(0),
        TaxIncluded = false,
    };

    public static Payment Payment(string id, long amount, long tip, DateOnly? day = null, PaymentStatus status = PaymentStatus.Completed) => new()
    {
        Ref = new ExternalRef("square", id),
        Method = PaymentMethod.Card,
        RawMethod = "CARD",
        Status = status,
        Amount = Usd(amount),
        Tip = Usd(tip),
        At = Noon,
        BusinessDate = day ?? Day,
    };

    public static Refund Refund(string id, long amount, DateOnly? day = null, RefundStatus status = RefundStatus.Completed) => new()
    {
        Ref = new ExternalRef("square", id),
        Amount = Usd(amount),
        Tip = Usd(0),
        Status = status,
        At = Noon,
        BusinessDate = day ?? Day,
    };
}
