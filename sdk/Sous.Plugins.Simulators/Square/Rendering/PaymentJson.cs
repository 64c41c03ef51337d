using System.Text.Json;
using Sous.Plugins.Simulators.Square.Seeding;

namespace Sous.Plugins.Simulators.Square.Rendering;

/// <summary>Writes Square's Payment, and the Tender that shows the same payment within its order.</summary>
internal static class PaymentJson
{
    public static void Write(Utf8JsonWriter json, PaymentDraft payment)
    {
        var currency = payment.Order.At.Currency;
        json.WriteStartObject();
        json.WriteString("id"u8, payment.Id);
        json.Time("created_at"u8, payment.Created);
        json.Time("updated_at"u8, payment.Updated);
        json.Money("amount_money"u8, payment.Amount, currency);
        if (payment.Tip > 0)
        {
            json.Money("tip_money"u8, payment.Tip, currency);
        }

        json.Money("total_money"u8, payment.Total, currency);
        json.Money("approved_money"u8, payment.Status == "FAILED" ? 0 : payment.Total, currency);
        Fee(json, payment, currency);
        json.WriteString("status"u8, payment.Status);
        Source(json, payment, currency);
        json.WriteString("location_id"u8, payment.Order.At.Id);
        json.WriteString("order_id"u8, payment.Order.Id);
        Refunds(json, payment, currency);
        if (payment.Offline)
        {
            json.WriteBoolean("is_offline_payment"u8, true);
            json.WriteStartObject("offline_payment_details"u8);
            json.Time("client_created_at"u8, payment.Created);
            json.WriteEndObject();
        }

        json.Optional("receipt_number"u8, payment.Status == "COMPLETED" ? payment.Id[..4] : null);
        json.WriteStartObject("application_details"u8);
        json.WriteString("square_product"u8, payment.Order.Version is null ? "SQUARE_POS"u8 : "ECOMMERCE_API"u8);
        json.WriteEndObject();
        json.WriteString("version_token"u8, $"{payment.Id[..12]}{payment.Updated}");
        json.WriteEndObject();
    }

    public static void Tender(Utf8JsonWriter json, PaymentDraft payment)
    {
        var currency = payment.Order.At.Currency;
        json.WriteStartObject();
        json.WriteString("id"u8, payment.Id);
        json.WriteString("location_id"u8, payment.Order.At.Id);
        json.WriteString("transaction_id"u8, payment.Order.Id);
        json.Time("created_at"u8, payment.Created);
        json.Money("amount_money"u8, payment.Total, currency);
        if (payment.Tip > 0)
        {
            json.Money("tip_money"u8, payment.Tip, currency);
        }

        if (payment.Fee is { } fee)
        {
            json.Money("processing_fee_money"u8, fee, currency);
        }

        TenderType(json, payment, currency);
        json.WriteString("payment_id"u8, payment.Id);
        json.WriteEndObject();
    }

    /// <summary>The refund as its order shows it, with statuses of its own.</summary>
    public static void OrderRefund(Utf8JsonWriter json, RefundDraft refund)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, refund.Id);
        json.WriteString("location_id"u8, refund.Order.At.Id);
        json.WriteString("transaction_id"u8, refund.Payment.Order.Id);
        json.WriteString("tender_id"u8, refund.Payment.Id);
        json.Time("created_at"u8, refund.Created);
        json.WriteString("reason"u8, refund.Reason);
        json.Money("amount_money"u8, refund.Amount, refund.Order.At.Currency);
        json.WriteString("status"u8, refund.Status == "COMPLETED" ? "APPROVED" : refund.Status);
        json.WriteEndObject();
    }

    /// <summary>Square's PaymentRefund, as the Refunds API shows it.</summary>
    public static void Refund(Utf8JsonWriter json, RefundDraft refund)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, refund.Id);
        json.WriteString("status"u8, refund.Status);
        json.WriteString("location_id"u8, refund.Order.At.Id);
        json.WriteBoolean("unlinked"u8, false);
        json.WriteString("destination_type"u8, SourceType(refund.Payment.Method));
        json.Money("amount_money"u8, refund.Amount, refund.Order.At.Currency);
        json.WriteString("payment_id"u8, refund.Payment.Id);
        json.WriteString("order_id"u8, refund.Order.Id);
        json.WriteString("reason"u8, refund.Reason);
        json.Time("created_at"u8, refund.Created);
        json.Time("updated_at"u8, refund.Updated);
        json.WriteEndObject();
    }

    public static string SourceType(PaymentMethod method) => method switch
    {
        PaymentMethod.Cash => "CASH",
        PaymentMethod.External => "EXTERNAL",
        PaymentMethod.Wallet => "WALLET",
        _ => "CARD",
    };

    private static void Fee(Utf8JsonWriter json, PaymentDraft payment, string currency)
    {
        if (payment.Fee is not { } fee)
        {
            return;
        }

        json.WriteStartArray("processing_fee"u8);
        json.WriteStartObject();
        json.Time("effective_at"u8, payment.Created + 7_200_000);
        json.WriteString("type"u8, "INITIAL"u8);
        json.Money("amount_money"u8, fee, currency);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void Refunds(Utf8JsonWriter json, PaymentDraft payment, string currency)
    {
        if (payment.Refunds.Count == 0)
        {
            return;
        }

        json.Money("refunded_money"u8, payment.Refunded, currency);
        json.WriteStartArray("refund_ids"u8);
        payment.Refunds.ForEach(r => json.WriteStringValue(r.Id));
        json.WriteEndArray();
    }

    private static void Source(Utf8JsonWriter json, PaymentDraft payment, string currency)
    {
        json.WriteString("source_type"u8, SourceType(payment.Method));
        switch (payment.Method)
        {
            case PaymentMethod.Cash:
                json.WriteStartObject("cash_details"u8);
                json.Money("buyer_supplied_money"u8, payment.Tendered, currency);
                json.Money("change_back_money"u8, payment.Tendered - payment.Total, currency);
                json.WriteEndObject();
                break;
            case PaymentMethod.External:
                json.WriteStartObject("external_details"u8);
                json.WriteString("type"u8, "FOOD_DELIVERY_SERVICE"u8);
                json.WriteString("source"u8, "Two Wheels Delivery"u8);
                json.WriteEndObject();
                break;
            case PaymentMethod.Wallet:
                json.WriteStartObject("wallet_details"u8);
                json.WriteString("status"u8, payment.Status == "COMPLETED" ? "CAPTURED" : "VOIDED");
                json.WriteString("brand"u8, "CASH_APP"u8);
                json.WriteEndObject();
                break;
            default:
                CardDetails(json, payment);
                break;
        }
    }

    private static void CardDetails(Utf8JsonWriter json, PaymentDraft payment)
    {
        json.WriteStartObject("card_details"u8);
        json.WriteString("status"u8, CardStatus(payment));
        Card(json, payment);
        json.WriteString("entry_method"u8, payment.Entry);
        json.WriteStartObject("card_payment_timeline"u8);
        json.Time("authorized_at"u8, payment.Created);
        if (payment.Status == "COMPLETED")
        {
            json.Time("captured_at"u8, payment.Created + 150);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string CardStatus(PaymentDraft payment) => payment.Status switch { "COMPLETED" => "CAPTURED", "CANCELED" => "VOIDED", _ => "FAILED" };

    private static void Card(Utf8JsonWriter json, PaymentDraft payment)
    {
        json.WriteStartObject("card"u8);
        json.WriteString("card_brand"u8, payment.CardBrand);
        json.WriteString("last_4"u8, payment.Last4);
        json.WriteString("card_type"u8, "CREDIT"u8);
        json.WriteEndObject();
    }

    private static void TenderType(Utf8JsonWriter json, PaymentDraft payment, string currency)
    {
        json.WriteString("type"u8, payment.Method switch
        {
            PaymentMethod.Cash => "CASH",
            PaymentMethod.External => "OTHER",
            PaymentMethod.Wallet => "WALLET",
            PaymentMethod.GiftCard => "SQUARE_GIFT_CARD",
            _ => "CARD",
        });
        if (payment.Method == PaymentMethod.Cash)
        {
            json.WriteStartObject("cash_details"u8);
            json.Money("buyer_tendered_money"u8, payment.Tendered, currency);
            json.Money("change_back_money"u8, payment.Tendered - payment.Total, currency);
            json.WriteEndObject();
        }
        else if (payment.Method == PaymentMethod.Card)
        {
            json.WriteStartObject("card_details"u8);
            json.WriteString("status"u8, CardStatus(payment));
            Card(json, payment);
            json.WriteString("entry_method"u8, payment.Entry);
            json.WriteEndObject();
        }
    }
}
