using System.Globalization;
using System.Text.Json.Serialization;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Square;

internal sealed class Tender
{
    public string? Id { get; set; }
    public string? PaymentId { get; set; }
    public DateTimeOffset? CreatedAt { get; set; }
    [JsonConverter(typeof(Word))] public string? Type { get; set; }
    public SquareMoney AmountMoney { get; set; }
    public SquareMoney TipMoney { get; set; }
    public SquareMoney ProcessingFeeMoney { get; set; }
    public CardDetails? CardDetails { get; set; }
}

internal sealed class CardDetails
{
    [JsonConverter(typeof(Word))] public string? Status { get; set; }
    public Card? Card { get; set; }
}

internal sealed class Card
{
    [JsonConverter(typeof(Word))] public string? CardBrand { get; set; }
    [JsonPropertyName("last_4")] public string? Last4 { get; set; }
}

internal sealed class SquarePayment
{
    public string Id { get; set; } = "";
    public string? OrderId { get; set; }
    public DateTimeOffset? CreatedAt { get; set; }
    public DateTimeOffset? UpdatedAt { get; set; }
    [JsonConverter(typeof(Word))] public string? Status { get; set; }
    [JsonConverter(typeof(Word))] public string? SourceType { get; set; }
    public SquareMoney AmountMoney { get; set; }
    public SquareMoney TipMoney { get; set; }
    public List<Amounted>? ProcessingFee { get; set; }
    public List<string>? RefundIds { get; set; }
    public CardDetails? CardDetails { get; set; }
}

internal sealed class SquareRefund
{
    public string Id { get; set; } = "";
    public string? PaymentId { get; set; }
    public string? OrderId { get; set; }
    public DateTimeOffset? CreatedAt { get; set; }
    public DateTimeOffset? UpdatedAt { get; set; }
    [JsonConverter(typeof(Word))] public string? Status { get; set; }
    public SquareMoney AmountMoney { get; set; }
    public string? Reason { get; set; }
}

/// <summary>A processing fee or a rounding adjustment.</summary>
internal sealed class Amounted
{
    public SquareMoney AmountMoney { get; set; }
}

/// <summary>What was paid for orders and given back of them: payments and refunds by their ids, null where Square has none, and returns by the order that they are from.</summary>
internal sealed record PaidOrders(Dictionary<string, SquarePayment?> Payments, Dictionary<string, SquareRefund?> Refunds, ILookup<string, OrderReturn> Returns);

/// <summary>Turns an order with its payments and refunds into a sale: the same in, the same out. Safe to use from several threads.</summary>
internal sealed class SaleMapping(Location location)
{
    public const string UnreadableQuantity = "quantity-unreadable";
    public const string MixedCurrencies = "currencies-mixed";

    private readonly TimeZoneInfo _zone = ZoneOf(location);
    private readonly TimeSpan _dayStart = location.BusinessDayStart ?? TimeSpan.Zero;

    // In these countries Square takes included tax out of gross sales, elsewhere it leaves it in.
    private readonly bool _grossWithoutTax = location.Country is "US" or "CA" or "JP";

    public static TimeZoneInfo ZoneOf(Location location) => TimeZoneInfo.TryFindSystemTimeZoneById(location.TimeZone, out var zone)
        ? zone
        : throw new DriverException(FailureKind.Misconfigured, $"The location {location.Ref.Id} has a time zone that this machine does not know: {location.TimeZone}.");

    public Sale Map(SquareOrder order, PaidOrders paid)
    {
        var givenBack = paid.Returns[order.Id].SelectMany(static back => back.ReturnLineItems ?? []).ToLookup(static line => line.SourceLineItemUid ?? "", StringComparer.Ordinal);
        var sums = new SaleSums(order.TotalMoney.Currency ?? location.Currency, _grossWithoutTax, givenBack);
        sums.AddSold(order);
        foreach (var returned in order.Returns ?? [])
        {
            sums.AddReturned(returned);
        }

        var modified = order.UpdatedAt ?? order.CreatedAt ?? DateTimeOffset.UnixEpoch;
        var payments = new List<Payment>(order.Tenders?.Count ?? 0);
        var refunds = (List<Refund>?)null;
        foreach (var tender in order.Tenders ?? [])
        {
            var payment = paid.Payments.GetValueOrDefault(TenderJoin.IdOf(tender));
            payments.Add(Map(payment ?? PaymentOf(tender, order), order.Id, sums));
            modified = payment?.UpdatedAt > modified ? payment.UpdatedAt.Value : modified;
            foreach (var refund in (payment?.RefundIds ?? []).Select(paid.Refunds.GetValueOrDefault).OfType<SquareRefund>())
            {
                (refunds ??= []).Add(Map(refund, order.Id, sums));
                modified = refund.UpdatedAt > modified ? refund.UpdatedAt.Value : modified;
            }
        }

        payments.Sort(static (a, b) => a.At != b.At ? a.At.CompareTo(b.At) : string.CompareOrdinal(a.Ref.Id, b.Ref.Id));
        refunds?.Sort(static (a, b) => a.At != b.At ? a.At.CompareTo(b.At) : string.CompareOrdinal(a.Ref.Id, b.Ref.Id));
        var sale = Compose(order, sums, modified, payments, refunds);
        var wrong = SaleArithmetic.Check(sale);
        return wrong.Count + sums.Warnings.Count == 0 ? sale : sale with { Warnings = [.. wrong, .. sums.Warnings] };
    }

    private Sale Compose(SquareOrder order, SaleSums sums, DateTimeOffset modified, List<Payment> payments, List<Refund>? refunds)
    {
        var opened = order.CreatedAt ?? order.ClosedAt ?? modified;
        var refunded = 0L;
        foreach (var refund in refunds ?? [])
        {
            refunded += refund.Status == RefundStatus.Completed ? refund.Amount.Minor : 0;
        }

        return new Sale
        {
            Ref = Ref(order.Id, order.UpdatedAt, order.Version),
            LocationId = location.Ref.Id,
            Kind = order.Returns is not { Count: > 0 } ? SaleKind.Sale : order.LineItems is { Count: > 0 } ? SaleKind.Exchange : SaleKind.Return,
            Status = order.State switch { "OPEN" or "DRAFT" => SaleStatus.Open, "COMPLETED" => SaleStatus.Closed, "CANCELED" => SaleStatus.Canceled, _ => SaleStatus.Unknown },
            RawStatus = order.State is "OPEN" or "COMPLETED" or "CANCELED" ? null : order.State,
            OpenedAt = opened,
            ClosedAt = order.ClosedAt,
            ModifiedAt = modified,
            BusinessDate = DayOf(order.ClosedAt ?? opened),
            DateSource = BusinessDateSource.Derived,
            Number = order.TicketName,
            Channel = order.Source?.Name,
            ServiceType = order.Fulfillments is [{ Type: { } type }, ..] ? type : null,
            OriginalSaleId = order.Returns?.Find(static back => back.SourceOrderId is not null)?.SourceOrderId,
            Gross = sums.Of(sums.Gross),
            Discounts = sums.Of(sums.Discounts),
            Net = sums.Of(sums.Gross - sums.Discounts),
            Tax = sums.Of(sums.Tax),
            TaxIncluded = sums.Of(sums.TaxIncluded),
            ServiceCharges = sums.Of(sums.Charges),
            Tips = sums.Of(sums.Tips),
            Rounding = sums.Of(sums.Rounding),
            Total = sums.Of(sums.Total),
            Refunded = sums.Of(refunded),
            Lines = sums.Lines,
            Taxes = sums.TaxLines,
            AppliedDiscounts = sums.DiscountLines,
            Charges = sums.ChargeLines,
            Payments = payments,
            Refunds = (IReadOnlyList<Refund>?)refunds ?? [],
        };
    }

    private Payment Map(SquarePayment payment, string saleId, SaleSums sums)
    {
        var at = payment.CreatedAt ?? payment.UpdatedAt ?? DateTimeOffset.UnixEpoch;
        var fee = (Money?)null;
        foreach (var part in payment.ProcessingFee ?? [])
        {
            fee = (fee ?? sums.Of(0L)) + sums.Of(part.AmountMoney);
        }

        var card = payment.CardDetails?.Card;
        return new Payment
        {
            Ref = Ref(payment.Id, payment.UpdatedAt, null),
            SaleId = saleId,
            Method = card?.CardBrand == "SQUARE_GIFT_CARD" ? PaymentMethod.GiftCard : MethodOf(payment.SourceType),
            RawMethod = payment.SourceType ?? "",
            Status = payment.Status switch
            {
                "APPROVED" or "PENDING" => PaymentStatus.Pending,
                "COMPLETED" => PaymentStatus.Completed,
                "CANCELED" => PaymentStatus.Voided,
                "FAILED" => PaymentStatus.Failed,
                _ => PaymentStatus.Unknown,
            },
            RawStatus = payment.Status is "APPROVED" or "PENDING" or "COMPLETED" or "CANCELED" or "FAILED" ? null : payment.Status,
            Amount = sums.Of(payment.AmountMoney),
            Tip = sums.Of(payment.TipMoney),
            Fee = fee,
            At = at,
            BusinessDate = DayOf(at),
            CardBrand = card?.CardBrand,
            Last4 = card?.Last4,
        };
    }

    // Tenders older than Square's payments have no payment of their own. Their amount includes the tip.
    private static SquarePayment PaymentOf(Tender tender, SquareOrder order) => new()
    {
        Id = tender.PaymentId ?? tender.Id ?? order.Id,
        CreatedAt = tender.CreatedAt ?? order.ClosedAt ?? order.CreatedAt,
        Status = tender.CardDetails?.Status switch { null or "CAPTURED" => "COMPLETED", "AUTHORIZED" => "APPROVED", "VOIDED" => "CANCELED", var other => other },
        SourceType = tender.Type,
        AmountMoney = tender.AmountMoney with { Amount = tender.AmountMoney.Amount - tender.TipMoney.Amount },
        TipMoney = tender.TipMoney,
        ProcessingFee = tender.ProcessingFeeMoney.Currency is null ? null : [new Amounted { AmountMoney = tender.ProcessingFeeMoney }],
        CardDetails = tender.CardDetails,
    };

    private Refund Map(SquareRefund refund, string saleId, SaleSums sums)
    {
        var at = refund.CreatedAt ?? refund.UpdatedAt ?? DateTimeOffset.UnixEpoch;
        return new Refund
        {
            Ref = Ref(refund.Id, refund.UpdatedAt, null),
            PaymentId = refund.PaymentId,
            SaleId = saleId,
            Amount = sums.Of(refund.AmountMoney),
            Tip = sums.Of(0L),
            Status = refund.Status switch
            {
                "PENDING" => RefundStatus.Pending,
                "COMPLETED" => RefundStatus.Completed,
                "REJECTED" => RefundStatus.Rejected,
                "FAILED" => RefundStatus.Failed,
                _ => RefundStatus.Unknown,
            },
            RawStatus = refund.Status is "PENDING" or "COMPLETED" or "REJECTED" or "FAILED" ? null : refund.Status,
            At = at,
            BusinessDate = DayOf(at),
            Reason = refund.Reason,
        };
    }

    private static PaymentMethod MethodOf(string? word) => word switch
    {
        "CARD" or "THIRD_PARTY_CARD" => PaymentMethod.Card,
        "CASH" => PaymentMethod.Cash,
        "SQUARE_GIFT_CARD" => PaymentMethod.GiftCard,
        "WALLET" => PaymentMethod.Wallet,
        "BANK_ACCOUNT" => PaymentMethod.BankTransfer,
        "EXTERNAL" => PaymentMethod.External,
        _ => PaymentMethod.Other,
    };

    private static ExternalRef Ref(string id, DateTimeOffset? updated, long? version)
        => new(SquareDriver.Service, id, version?.ToString(CultureInfo.InvariantCulture) ?? (updated is { } time ? SquareApi.Text(time) : null));

    private DateOnly DayOf(DateTimeOffset at) => BusinessDay.Of(at, _zone, _dayStart);
}
