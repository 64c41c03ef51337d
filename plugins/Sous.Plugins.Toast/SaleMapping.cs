using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Toast;

/// <summary>Turns an order into a sale: the same in, the same out. Safe to use from several threads.</summary>
internal sealed class SaleMapping(Location location)
{
    public const string NoBusinessDate = "business-date-missing";

    private readonly TimeZoneInfo _zone = TimeZoneInfo.TryFindSystemTimeZoneById(location.TimeZone, out var zone)
        ? zone
        : throw new DriverException(FailureKind.Misconfigured, $"The location {location.Ref.Id} has a time zone that this machine does not know: {location.TimeZone}.");

    private readonly TimeSpan _dayStart = location.BusinessDayStart ?? TimeSpan.Zero;

    /// <summary>The sale and the bytes that it came as.</summary>
    public Change<Sale> Map(ToastOrder order)
    {
        var stands = order.Voided != true && order.Deleted != true;
        var sums = new SaleSums(location.Currency);
        var payments = new List<Payment>();
        var refunds = new List<Refund>();
        var modified = order.ModifiedDate ?? order.OpenedDate ?? DateTimeOffset.UnixEpoch;
        foreach (var check in order.Checks ?? [])
        {
            sums.Add(check, stands);
            // A payment is money whatever became of its check.
            foreach (var payment in check.Payments ?? [])
            {
                payments.Add(Map(payment, order, sums));
                modified = Latest(modified, payment.Refund?.RefundDate, payment.VoidInfo?.VoidDate);
                if (MapRefund(payment, order, sums) is { } refund)
                {
                    refunds.Add(refund);
                }
            }
        }

        payments.Sort(static (a, b) => a.At != b.At ? a.At.CompareTo(b.At) : string.CompareOrdinal(a.Ref.Id, b.Ref.Id));
        refunds.Sort(static (a, b) => a.At != b.At ? a.At.CompareTo(b.At) : string.CompareOrdinal(a.Ref.Id, b.Ref.Id));
        var sale = Compose(order, sums, modified, payments, refunds);
        string[] warnings = [.. SaleArithmetic.Check(sale), .. sums.Warnings, .. order.BusinessDate is null ? (string[])[NoBusinessDate] : []];
        return Change.Upsert(order.Guid, warnings.Length == 0 ? sale : sale with { Warnings = warnings }, order.Raw);
    }

    /// <summary>The business day of an instant, where Toast does not say.</summary>
    public DateOnly DayOf(DateTimeOffset at) => BusinessDay.Of(at, _zone, _dayStart);

    /// <summary>Whether the money of a payment counts for its day, and what Toast calls its status where that is new.</summary>
    public static (PaymentStatus Status, string? Raw) StatusOf(ToastPayment payment) => (payment.PaymentStatus, payment.VoidInfo?.VoidDate) switch
    {
        ("VOIDED" or "VOIDED_AT_RISK" or "CANCELLED", _) or (null or "CAPTURED", not null) => (PaymentStatus.Voided, null),
        // Cash and the like have no status: they are there or are voided.
        (null or "CAPTURED", _) => (PaymentStatus.Completed, null),
        ("OPEN" or "PROCESSING" or "AUTHORIZED" or "AUTHORIZED_AT_RISK" or "PROCESSING_VOID" or "CAPTURE_IN_PROGRESS", _) => (PaymentStatus.Pending, null),
        ("DENIED" or "ERROR" or "ERROR_NETWORK", _) => (PaymentStatus.Failed, null),
        var (other, _) => (PaymentStatus.Unknown, other),
    };

    /// <summary>Whether something was given back of a payment, and what Toast calls that where it is new.</summary>
    public static (RefundStatus Status, string? Raw)? RefundStatusOf(ToastPayment payment) => (payment.Refund, payment.RefundStatus) switch
    {
        (null, _) or (_, "NONE") => null,
        (_, null or "PARTIAL" or "FULL") => (RefundStatus.Completed, null),
        var (_, other) => (RefundStatus.Unknown, other),
    };

    private Sale Compose(ToastOrder order, SaleSums sums, DateTimeOffset modified, List<Payment> payments, List<Refund> refunds)
    {
        var opened = order.OpenedDate ?? order.CreatedDate ?? modified;
        var (status, raw) = StatusOf(order);
        var stands = status is not (SaleStatus.Voided or SaleStatus.Deleted);
        var tips = stands ? payments.Where(static payment => payment.Status is PaymentStatus.Completed or PaymentStatus.Pending).Sum(static payment => payment.Tip.Minor) : 0;
        return new Sale
        {
            Ref = new ExternalRef(ToastDriver.Service, order.Guid, order.ModifiedDate?.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture)),
            LocationId = location.Ref.Id,
            Kind = SaleKind.Sale,
            Status = status,
            RawStatus = raw,
            OpenedAt = opened,
            ClosedAt = order.ClosedDate,
            ModifiedAt = modified,
            BusinessDate = order.BusinessDate ?? DayOf(opened),
            DateSource = order.BusinessDate is null ? BusinessDateSource.Derived : BusinessDateSource.Service,
            Number = order.DisplayNumber ?? order.Checks?.Find(static check => check.DisplayNumber is not null)?.DisplayNumber,
            Channel = order.Source,
            ServiceType = order.DiningOption?.Guid,
            Guests = order.NumberOfGuests is >= 0 and <= 100_000 ? (int)order.NumberOfGuests.Value : null,
            Gross = sums.Of(sums.Gross),
            Discounts = sums.Of(sums.Gross - sums.Net),
            Net = sums.Of(sums.Net),
            Tax = sums.Of(sums.Tax),
            TaxIncluded = sums.Of(0L),
            ServiceCharges = sums.Of(sums.Charges),
            Tips = sums.Of(tips),
            Rounding = sums.Of(sums.Rounding),
            Total = sums.Of(sums.Total + tips),
            Refunded = sums.Of(refunds.Where(static refund => refund.Status == RefundStatus.Completed).Sum(static refund => refund.Amount.Minor)),
            Lines = sums.Lines,
            Taxes = sums.TaxLines,
            AppliedDiscounts = sums.Discounts,
            Charges = sums.ChargeLines,
            Payments = payments,
            Refunds = refunds,
        };
    }

    private static (SaleStatus Status, string? Raw) StatusOf(ToastOrder order)
    {
        var checks = (order.Checks ?? []).FindAll(static check => check.Deleted != true);
        var standing = checks.FindAll(static check => check.Voided != true);
        var unknown = standing.Find(static check => check.PaymentStatus is not (null or "OPEN" or "PAID" or "CLOSED"))?.PaymentStatus;
        return order switch
        {
            { Deleted: true } => (SaleStatus.Deleted, null),
            { Voided: true } => (SaleStatus.Voided, null),
            _ when checks.Count == 0 => (order.Checks is { Count: > 0 } ? SaleStatus.Deleted : SaleStatus.Open, null),
            _ when standing.Count == 0 => (SaleStatus.Voided, null),
            _ when unknown is not null => (SaleStatus.Unknown, unknown),
            // Paid is not closed: the tip may still come.
            _ => (standing.TrueForAll(static check => check.PaymentStatus == "CLOSED") ? SaleStatus.Closed : SaleStatus.Open, null),
        };
    }

    private Payment Map(ToastPayment payment, ToastOrder order, SaleSums sums)
    {
        var at = payment.PaidDate ?? order.ClosedDate ?? order.OpenedDate ?? DateTimeOffset.UnixEpoch;
        var (status, raw) = StatusOf(payment);
        return new Payment
        {
            Ref = new ExternalRef(ToastDriver.Service, payment.Guid),
            SaleId = order.Guid,
            Method = payment.Type switch
            {
                "CREDIT" => PaymentMethod.Card,
                "CASH" => PaymentMethod.Cash,
                "GIFTCARD" or "TOAST_SV" => PaymentMethod.GiftCard,
                "LEVELUP" => PaymentMethod.Wallet,
                "HOUSE_ACCOUNT" => PaymentMethod.HouseAccount,
                "OTHER" => PaymentMethod.External,
                _ => PaymentMethod.Other,
            },
            RawMethod = payment.Type ?? "",
            Status = status,
            RawStatus = raw,
            Amount = sums.Of(payment.Amount),
            Tip = sums.Of(payment.TipAmount),
            Fee = payment.OriginalProcessingFee is null ? null : sums.Of(payment.OriginalProcessingFee),
            At = at,
            BusinessDate = payment.PaidBusinessDate ?? DayOf(at),
            CardBrand = payment.CardType,
            Last4 = payment.Last4Digits,
        };
    }

    // A payment has one refund at most, which grows: it goes by the payment's GUID.
    private Refund? MapRefund(ToastPayment payment, ToastOrder order, SaleSums sums)
    {
        if (RefundStatusOf(payment) is not var (status, raw) || payment.Refund is not { } refund)
        {
            return null;
        }

        var at = refund.RefundDate ?? order.ModifiedDate ?? DateTimeOffset.UnixEpoch;
        var tip = sums.Of(refund.TipRefundAmount);
        return new Refund
        {
            Ref = new ExternalRef(ToastDriver.Service, payment.Guid),
            PaymentId = payment.Guid,
            SaleId = order.Guid,
            Amount = sums.Of(refund.RefundAmount) + tip,
            Tip = tip,
            Status = status,
            RawStatus = raw,
            At = at,
            BusinessDate = refund.RefundBusinessDate ?? DayOf(at),
        };
    }

    private static DateTimeOffset Latest(DateTimeOffset first, params ReadOnlySpan<DateTimeOffset?> others)
    {
        foreach (var other in others)
        {
            first = other > first ? other.Value : first;
        }

        return first;
    }
}
