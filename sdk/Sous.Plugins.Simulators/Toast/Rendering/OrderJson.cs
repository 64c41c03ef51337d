using System.Text.Json;
using Sous.Plugins.Simulators.Toast.Seeding;

namespace Sous.Plugins.Simulators.Toast.Rendering;

/// <summary>Writes Toast's Order with its checks and payments.</summary>
internal static class OrderJson
{
    public static void Write(Utf8JsonWriter json, OrderDraft order)
    {
        json.WriteStartObject();
        json.Identity("Order", order.Guid);
        json.Time("openedDate", order.Opened);
        json.Time("createdDate", order.Opened);
        json.Time("modifiedDate", order.Modified);
        json.Time("closedDate", order.Closed);
        json.Time("paidDate", order.Closed);
        json.WriteNumber("businessDate", order.Day);
        json.Voidance(order.Voided, order.At.DayOf);
        json.Deletion(order.Deleted);
        json.Reference("diningOption", "DiningOption", order.DiningOption);
        json.WriteString("source", order.Source);
        json.WriteNumber("numberOfGuests", order.Guests);
        json.WriteString("approvalStatus", "APPROVED");
        json.WriteString("displayNumber", order.Number);
        json.WriteBoolean("createdInTestMode", order.Test);
        json.WriteBoolean("excessFood", order.ExcessFood);
        json.WriteStartArray("checks");
        foreach (var check in order.Checks)
        {
            Check(json, order, check);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void Payment(Utf8JsonWriter json, OrderDraft order, PaymentDraft payment)
    {
        json.WriteStartObject();
        json.Identity("OrderPayment", payment.Guid);
        json.Time("paidDate", payment.Paid);
        json.WriteNumber("paidBusinessDate", payment.Day);
        json.WriteString("type", payment.Type);
        json.Amount("amount", payment.Amount);
        json.Amount("tipAmount", payment.Tip);
        if (payment.Status is { } status)
        {
            json.WriteString("paymentStatus", status);
            json.WriteString("cardType", payment.CardType);
            json.WriteString("last4Digits", payment.Last4);
        }

        if (payment.Fee is { } fee)
        {
            json.Amount("originalProcessingFee", fee);
        }

        json.WriteString("refundStatus", payment.Refund is not { } back ? "NONE" : back.Amount == payment.Amount ? "FULL" : "PARTIAL");
        if (payment.Refund is { } refund)
        {
            json.WriteStartObject("refund");
            json.Amount("refundAmount", refund.Amount);
            json.Amount("tipRefundAmount", refund.Tip);
            json.Time("refundDate", refund.At);
            json.WriteNumber("refundBusinessDate", refund.Day);
            json.WriteEndObject();
        }

        if (payment.Void is { } voided)
        {
            json.WriteStartObject("voidInfo");
            json.Time("voidDate", voided.At);
            json.WriteNumber("voidBusinessDate", voided.Day);
            json.WriteEndObject();
        }

        json.WriteString("orderGuid", order.Guid);
        json.WriteString("checkGuid", order.Checks.First(check => check.Payments.Contains(payment)).Guid);
        json.WriteEndObject();
    }

    private static void Check(Utf8JsonWriter json, OrderDraft order, CheckDraft check)
    {
        json.WriteStartObject();
        json.Identity("Check", check.Guid);
        json.WriteString("displayNumber", check.Number);
        json.Time("openedDate", order.Opened);
        json.Time("modifiedDate", order.Modified);
        json.WriteString("paymentStatus", check.Status);
        json.Voidance(check.Voided, order.At.DayOf);
        json.Deletion(check.Deleted);
        json.WriteBoolean("taxExempt", false);
        json.Amount("amount", check.Amount);
        json.Amount("taxAmount", check.Tax);
        json.Amount("totalAmount", check.Total);
        json.WriteStartArray("selections");
        check.Lines.ForEach(line => LineJson.Write(json, order, line, isModifier: false));
        json.WriteEndArray();
        LineJson.Discounts(json, check.Discounts);
        Charges(json, check);
        json.WriteStartArray("payments");
        check.Payments.ForEach(payment => Payment(json, order, payment));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Charges(Utf8JsonWriter json, CheckDraft check)
    {
        json.WriteStartArray("appliedServiceCharges");
        foreach (var charge in check.Charges)
        {
            json.WriteStartObject();
            json.Identity("AppliedServiceCharge", charge.Guid);
            json.Reference("serviceCharge", "ServiceCharge", Guids.Of(charge.Name, 0));
            json.WriteString("name", charge.Name);
            json.WriteString("chargeType", "FIXED");
            json.Amount("chargeAmount", charge.Amount);
            json.WriteBoolean("gratuity", charge.Gratuity);
            json.WriteBoolean("taxable", false);
            json.WriteStartArray("appliedTaxes");
            json.WriteEndArray();
            json.WriteString("serviceChargeCategory", charge.Category);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
