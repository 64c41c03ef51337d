using System.Globalization;
using System.Text.Json;
using Sous.Plugins.Simulators.Square.Seeding;

namespace Sous.Plugins.Simulators.Square.Rendering;

/// <summary>Writes Square's Order.</summary>
internal static class OrderJson
{
    public static void Write(Utf8JsonWriter json, OrderDraft order)
    {
        var currency = order.At.Currency;
        json.WriteStartObject();
        json.WriteString("id"u8, order.Id);
        json.WriteString("location_id"u8, order.At.Id);
        json.WriteStartObject("source"u8);
        json.WriteString("name"u8, order.Source);
        json.WriteEndObject();
        Lines(json, order);
        Taxes(json, order);
        Discounts(json, order);
        Charges(json, order);
        if (order.Return is { } returned)
        {
            ReturnJson.Write(json, returned);
        }

        NetAmounts(json, order);
        Tenders(json, order);
        Refunds(json, order);
        json.Time("created_at"u8, order.Opened);
        json.Time("updated_at"u8, order.Updated);
        if (order.Closed is { } closed)
        {
            json.Time("closed_at"u8, closed);
        }

        json.WriteString("state"u8, order.State);
        if (order.Version is { } version)
        {
            json.WriteNumber("version"u8, version);
        }

        json.Optional("ticket_name"u8, order.Ticket);
        Totals(json, order, currency);
        json.WriteEndObject();
    }

    private static void Totals(Utf8JsonWriter json, OrderDraft order, string currency)
    {
        var amounts = order.Amounts;
        json.Money("total_money"u8, amounts.Total, currency);
        json.Money("total_tax_money"u8, amounts.Tax, currency);
        json.Money("total_discount_money"u8, amounts.Discount, currency);
        json.Money("total_tip_money"u8, amounts.Tip, currency);
        json.Money("total_service_charge_money"u8, amounts.Charge, currency);
        json.Money("net_amount_due_money"u8, order.State == "OPEN" ? amounts.Total : 0, currency);
    }

    private static void NetAmounts(Utf8JsonWriter json, OrderDraft order)
    {
        var sold = order.Amounts;
        var back = order.Return?.Amounts ?? default;
        json.WriteStartObject("net_amounts"u8);
        WriteAmounts(json, new Amounts(sold.Total - back.Total, sold.Tax - back.Tax, sold.Discount - back.Discount, sold.Tip - back.Tip, sold.Charge - back.Charge), order.At.Currency);
        json.WriteEndObject();
    }

    public static void WriteAmounts(Utf8JsonWriter json, Amounts amounts, string currency)
    {
        json.Money("total_money"u8, amounts.Total, currency);
        json.Money("tax_money"u8, amounts.Tax, currency);
        json.Money("discount_money"u8, amounts.Discount, currency);
        json.Money("tip_money"u8, amounts.Tip, currency);
        json.Money("service_charge_money"u8, amounts.Charge, currency);
    }

    private static void Lines(Utf8JsonWriter json, OrderDraft order)
    {
        if (order.Lines is null)
        {
            return;
        }

        json.WriteStartArray("line_items"u8);
        foreach (var line in order.Lines)
        {
            json.WriteStartObject();
            json.WriteString("uid"u8, line.Uid);
            LineJson.Item(json, line);
            LineJson.Modifiers(json, "modifiers"u8, line, order.At.Currency, returned: false);
            LineJson.Applied(json, line, order.At.Currency, prefix: "");
            LineJson.Prices(json, line, order.At.Currency, "gross_sales_money"u8);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Taxes(Utf8JsonWriter json, OrderDraft order)
    {
        if (order.Taxes.Count == 0)
        {
            return;
        }

        json.WriteStartArray("taxes"u8);
        foreach (var tax in order.Taxes)
        {
            json.WriteStartObject();
            json.WriteString("uid"u8, tax.Uid);
            LineJson.Tax(json, tax.Rule, tax.Amount, order.At.Currency);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Discounts(Utf8JsonWriter json, OrderDraft order)
    {
        if (order.Discounts.Count == 0)
        {
            return;
        }

        json.WriteStartArray("discounts"u8);
        foreach (var discount in order.Discounts)
        {
            json.WriteStartObject();
            json.WriteString("uid"u8, discount.Uid);
            LineJson.Discount(json, discount, discount.Amount, order.At);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Charges(Utf8JsonWriter json, OrderDraft order)
    {
        if (order.Charges.Count == 0)
        {
            return;
        }

        json.WriteStartArray("service_charges"u8);
        foreach (var charge in order.Charges)
        {
            json.WriteStartObject();
            json.WriteString("uid"u8, charge.Uid);
            LineJson.Charge(json, charge, order.At.Currency, prefix: "");
            json.WriteString("type"u8, charge.Gratuity ? "AUTO_GRATUITY" : "CUSTOM");
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Tenders(Utf8JsonWriter json, OrderDraft order)
    {
        if (order.Tenders.Count == 0)
        {
            return;
        }

        json.WriteStartArray("tenders"u8);
        foreach (var tender in order.Tenders)
        {
            PaymentJson.Tender(json, tender);
        }

        json.WriteEndArray();
    }

    private static void Refunds(Utf8JsonWriter json, OrderDraft order)
    {
        if (order.Refunds.Count == 0)
        {
            return;
        }

        json.WriteStartArray("refunds"u8);
        foreach (var refund in order.Refunds)
        {
            PaymentJson.OrderRefund(json, refund);
        }

        json.WriteEndArray();
    }

    public static string Quantity(decimal quantity) => quantity.ToString(CultureInfo.InvariantCulture);
}
