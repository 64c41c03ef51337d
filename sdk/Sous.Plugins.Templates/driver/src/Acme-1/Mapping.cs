using System.Runtime.InteropServices;
using System.Text.Json;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;

namespace Acme_1;

/// <summary>From the service's records to the canonical ones. It mends nothing: amounts that disagree come with a warning.</summary>
internal static class Mapping
{
    private const string Service = "acme-id";

    public static Location Location(WireLocation location) => new()
    {
        Ref = new ExternalRef(Service, location.Id),
        Name = location.Name,
        TimeZone = location.TimeZone,
        Currency = location.Currency,
        Active = location.Open,
    };

    public static Change<Sale> Sale(JsonElement element, Location location)
    {
        var sale = element.Deserialize(WireJson.Default.WireSale) ?? throw new JsonException();
        Money Amount(long minor) => new(minor, sale.Currency);
        var zero = Amount(0);
        var day = BusinessDay.Of(sale.ClosedAt, TimeZoneInfo.FindSystemTimeZoneById(location.TimeZone), location.BusinessDayStart ?? TimeSpan.Zero);
        var tips = Amount(sale.Payments.Sum(payment => payment.Tip));
        var gross = Amount(sale.Lines.Sum(line => line.Amount));
        var mapped = new Sale
        {
            Ref = new ExternalRef(Service, sale.Id),
            LocationId = sale.Location,
            Kind = SaleKind.Sale,
            Status = sale.Status switch { "open" => SaleStatus.Open, "closed" => SaleStatus.Closed, "voided" => SaleStatus.Voided, _ => SaleStatus.Unknown },
            RawStatus = sale.Status,
            OpenedAt = sale.OpenedAt,
            ClosedAt = sale.ClosedAt,
            ModifiedAt = sale.ModifiedAt,
            BusinessDate = day,
            DateSource = BusinessDateSource.Derived,
            Number = sale.Number,
            Gross = gross,
            Discounts = zero,
            Net = gross,
            Tax = Amount(sale.Tax),
            TaxIncluded = zero,
            ServiceCharges = zero,
            Tips = tips,
            Rounding = zero,
            Total = Amount(sale.Total) + tips,
            Refunded = zero,
            Lines = [.. sale.Lines.Select(line => Line(line, Amount))],
            Payments = [.. sale.Payments.Select(payment => Payment(payment, sale.Id, day, Amount))],
        };
        return Change.Upsert(sale.Id, mapped with { Warnings = SaleArithmetic.Check(mapped) }, JsonMarshal.GetRawUtf8Value(element).ToArray());
    }

    public static Change<CatalogEntry> Item(JsonElement element)
    {
        var item = element.Deserialize(WireJson.Default.WireItem) ?? throw new JsonException();
        var price = new Money(item.Price, item.Currency);
        return Change.Upsert<CatalogEntry>(item.Id, new CatalogItem
        {
            Ref = new ExternalRef(Service, item.Id),
            Name = item.Name,
            Active = item.Sold,
            Variations = [new Variation { Id = item.Sku ?? item.Id, Name = item.Name, Sku = item.Sku, PriceKind = PriceKind.Fixed, Price = price }],
        }, JsonMarshal.GetRawUtf8Value(element).ToArray());
    }

    private static SaleLine Line(WireLine line, Func<long, Money> amount) => new()
    {
        LineId = line.Id,
        Kind = LineKind.Item,
        CatalogItemId = line.Item,
        Name = line.Name,
        Quantity = line.Quantity,
        UnitPrice = amount(line.Price),
        Gross = amount(line.Amount),
        Discount = amount(0),
        Net = amount(line.Amount),
        Tax = amount(0),
        TaxIncluded = false,
    };

    private static Payment Payment(WirePayment payment, string sale, DateOnly day, Func<long, Money> amount) => new()
    {
        Ref = new ExternalRef(Service, payment.Id),
        SaleId = sale,
        Method = payment.Method switch { "card" => PaymentMethod.Card, "cash" => PaymentMethod.Cash, _ => PaymentMethod.Other },
        RawMethod = payment.Method,
        Status = PaymentStatus.Completed,
        Amount = amount(payment.Amount),
        Tip = amount(payment.Tip),
        At = payment.At,
        BusinessDate = day,
    };
}
