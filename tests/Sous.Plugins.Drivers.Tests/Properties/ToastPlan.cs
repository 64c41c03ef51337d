using System.Globalization;
using System.Text.Json.Nodes;
using Sous.Plugins.Drivers.Tests.Toast;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Drivers.Tests.Properties;

/// <summary>An order that agrees with itself: its JSON as Toast would write it, and the sums that must come of it.</summary>
/// <param name="Currency">The restaurant's.</param>
/// <param name="Noise">Whether its numbers went through a double at Toast: 12.340000001.</param>
/// <param name="Voided">Whether all of it was voided.</param>
/// <param name="Checks">The checks.</param>
internal sealed record ToastPlan(string Currency, bool Noise, bool Voided, IReadOnlyList<ToastCheckPlan> Checks)
{
    public IEnumerable<ToastCheckPlan> Standing => Voided ? [] : Checks.Where(check => check is { Voided: false, Deleted: false });

    public IEnumerable<ToastPaymentPlan> Payments => Checks.SelectMany(check => check.Payments);

    public int Entries => Checks.Sum(check => check.Lines.Count + check.Charges.Count + check.Lines.Sum(line => line.Taxes.Count + line.Discounts.Count) + 1);

    /// <summary>Gross, net, tax, charges, tips, rounding, total.</summary>
    public (long Gross, long Net, long Tax, long Charges, long Tips, long Rounding, long Total) Expected
    {
        get
        {
            var tips = Standing.Any() ? Payments.Where(payment => payment.Counts).Sum(payment => payment.Tip) : 0;
            return (
                Standing.Sum(check => check.Sold.Sum(line => line.Gross)), Standing.Sum(check => check.Sold.Sum(line => line.Price)), Standing.Sum(check => check.Tax),
                Standing.Sum(check => check.Charged), tips, Standing.Sum(check => check.Rounding), Standing.Sum(check => check.Owed) + tips);
        }
    }

    public JsonObject Order() => new()
    {
        ["guid"] = ScriptedToast.Order,
        ["openedDate"] = "2025-11-19T20:00:00.000-0500",
        ["modifiedDate"] = "2025-11-19T21:00:00.500-0500",
        ["businessDate"] = 20251119,
        ["voided"] = Voided,
        ["deleted"] = false,
        ["deletedDate"] = "1970-01-01T00:00:00.000+0000",
        ["checks"] = new JsonArray([.. Checks.Select((check, c) => check.Json(this, c))]),
    };

    /// <summary>An amount in major units, as a JSON number that is kept as it is written.</summary>
    public JsonNode Major(long minor)
    {
        var text = new Money(minor, Currency).ToMajor().ToString(CultureInfo.InvariantCulture);
        return JsonNode.Parse(Noise ? $"{text}{(text.Contains('.', StringComparison.Ordinal) ? "" : ".0")}00000001" : text)!;
    }

    public override string ToString() => $"{Currency} {Order().ToJsonString()}";
}

/// <summary>A check.</summary>
/// <param name="Status">Toast's word for how far it is paid.</param>
/// <param name="Voided">Whether it was voided.</param>
/// <param name="Deleted">Whether it was deleted.</param>
/// <param name="GratuityInTotal">Whether its total holds the gratuity, which Toast leaves open.</param>
/// <param name="Rounding">What rounding of cash took or added.</param>
/// <param name="Lines">The lines.</param>
/// <param name="Charges">The service charges.</param>
/// <param name="Payments">The payments.</param>
internal sealed record ToastCheckPlan(
    string Status, bool Voided, bool Deleted, bool GratuityInTotal, long Rounding, IReadOnlyList<ToastLinePlan> Lines, IReadOnlyList<ToastChargePlan> Charges, IReadOnlyList<ToastPaymentPlan> Payments)
{
    public IEnumerable<ToastLinePlan> Sold => Lines.Where(line => !line.Voided);

    public long Gratuity => Charges.Where(charge => charge.Gratuity).Sum(charge => charge.Amount);

    public long Charged => Charges.Sum(charge => charge.Amount);

    public long Tax => Sold.Sum(line => line.Taxes.Sum()) + Charges.Sum(charge => charge.Taxes.Sum());

    public long Owed => Sold.Sum(line => line.Price) + Tax + Charged + Rounding;

    public JsonObject Json(ToastPlan plan, int index) => new()
    {
        ["guid"] = $"check{index}",
        ["paymentStatus"] = Status,
        ["voided"] = Voided,
        ["deleted"] = Deleted,
        ["taxAmount"] = plan.Major(Tax),
        ["totalAmount"] = plan.Major(Owed - (GratuityInTotal ? 0 : Gratuity)),
        ["selections"] = new JsonArray([.. Lines.Select((line, l) => line.Json(plan, $"line{index}.{l}"))]),
        ["payments"] = new JsonArray([.. Payments.Select((payment, p) => payment.Json(plan, $"pay{index}.{p}"))]),
        ["appliedDiscounts"] = Sold.Sum(line => line.Shared) == 0 ? null : new JsonArray(ToastLinePlan.Discount(plan, Sold.Sum(line => line.Shared))),
        ["appliedServiceCharges"] = new JsonArray([.. Charges.Select((charge, c) => charge.Json(plan, $"charge{index}.{c}")), .. Rounding == 0 ? Array.Empty<JsonNode>() : [Cash(plan)]]),
    };

    private JsonObject Cash(ToastPlan plan) => new() { ["guid"] = "rounding", ["chargeAmount"] = plan.Major(Rounding), ["serviceChargeCategory"] = "CASH_ROUNDING" };
}

/// <summary>A line.</summary>
/// <param name="Quantity">As text.</param>
/// <param name="Type">Toast's word for its kind.</param>
/// <param name="Voided">Whether it was taken back.</param>
/// <param name="Gross">Before discounts.</param>
/// <param name="Discounts">Its own discounts.</param>
/// <param name="Shared">Its share of the check's discount.</param>
/// <param name="Taxes">Its taxes.</param>
internal sealed record ToastLinePlan(string Quantity, string Type, bool Voided, long Gross, IReadOnlyList<long> Discounts, long Shared, IReadOnlyList<long> Taxes)
{
    public long Price => Gross - Discounts.Sum() - Shared;

    public static JsonObject Discount(ToastPlan plan, long amount) => new() { ["name"] = "Less", ["discountAmount"] = plan.Major(amount), ["discountType"] = "FIXED" };

    public JsonObject Json(ToastPlan plan, string guid) => new()
    {
        ["guid"] = guid,
        ["item"] = new JsonObject { ["guid"] = "item" },
        ["quantity"] = JsonNode.Parse(Quantity),
        ["selectionType"] = Type,
        ["voided"] = Voided,
        ["preDiscountPrice"] = plan.Major(Gross),
        ["price"] = plan.Major(Price),
        ["tax"] = plan.Major(Taxes.Sum()),
        ["appliedTaxes"] = new JsonArray([.. Taxes.Select((tax, t) => new JsonObject { ["name"] = $"Tax {t}", ["rate"] = JsonNode.Parse("0.0725"), ["taxAmount"] = plan.Major(tax), ["type"] = "PERCENT" })]),
        ["appliedDiscounts"] = new JsonArray([.. Discounts.Select(discount => Discount(plan, discount))]),
        ["modifiers"] = new JsonArray(new JsonObject { ["guid"] = $"{guid}.m", ["quantity"] = 1, ["preDiscountPrice"] = plan.Major(0), ["price"] = plan.Major(0) }),
    };
}

/// <summary>A service charge.</summary>
/// <param name="Gratuity">Whether it is one.</param>
/// <param name="Amount">Its amount.</param>
/// <param name="Taxes">Its taxes.</param>
internal sealed record ToastChargePlan(bool Gratuity, long Amount, IReadOnlyList<long> Taxes)
{
    public JsonObject Json(ToastPlan plan, string guid) => new()
    {
        ["guid"] = guid,
        ["name"] = "Charge",
        ["chargeAmount"] = plan.Major(Amount),
        ["gratuity"] = Gratuity,
        ["appliedTaxes"] = new JsonArray([.. Taxes.Select((tax, t) => new JsonObject { ["name"] = $"Tax {t}", ["rate"] = JsonNode.Parse("0.0725"), ["taxAmount"] = plan.Major(tax), ["type"] = "PERCENT" })]),
    };
}

/// <summary>A payment.</summary>
/// <param name="Type">Toast's word for how.</param>
/// <param name="Status">Toast's word for how far, or null as for cash.</param>
/// <param name="Amount">Without the tip.</param>
/// <param name="Tip">The tip.</param>
/// <param name="Refund">What was given back: of the amount, of the tip, and Toast's word for it.</param>
internal sealed record ToastPaymentPlan(string Type, string? Status, long Amount, long Tip, (long Amount, long Tip, string? Status)? Refund)
{
    public bool Counts => Status is null or "CAPTURED" or "OPEN" or "PROCESSING" or "AUTHORIZED";

    public JsonObject Json(ToastPlan plan, string guid) => new()
    {
        ["guid"] = guid,
        ["type"] = Type,
        ["paymentStatus"] = Status,
        ["amount"] = plan.Major(Amount),
        ["tipAmount"] = plan.Major(Tip),
        ["paidDate"] = "2025-11-19T21:00:00.000-0500",
        ["paidBusinessDate"] = 20251119,
        ["refundStatus"] = Refund?.Status,
        ["refund"] = Refund is not var (amount, tip, _) ? null : new JsonObject { ["refundAmount"] = plan.Major(amount), ["tipRefundAmount"] = plan.Major(tip), ["refundDate"] = "2025-11-20T09:00:00.000-0500", ["refundBusinessDate"] = 20251120 },
    };
}
