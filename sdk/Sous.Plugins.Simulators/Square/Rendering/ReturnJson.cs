using System.Text.Json;
using Sous.Plugins.Simulators.Square.Seeding;

namespace Sous.Plugins.Simulators.Square.Rendering;

/// <summary>Writes what an order returns: Square's "returns" and "return_amounts".</summary>
internal static class ReturnJson
{
    private const string Prefix = "r";

    public static void Write(Utf8JsonWriter json, ReturnDraft back)
    {
        var at = back.From.At;
        json.WriteStartArray("returns"u8);
        json.WriteStartObject();
        json.WriteString("uid"u8, back.Uid);
        json.WriteString("source_order_id"u8, back.From.Id);
        Lines(json, back, at.Currency);
        if (back.WithChargesAndTips)
        {
            Charges(json, back.From);
            Tips(json, back.From);
        }

        Taxes(json, back, at.Currency);
        Discounts(json, back, at);
        json.WriteStartObject("return_amounts"u8);
        OrderJson.WriteAmounts(json, back.Amounts, at.Currency);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartObject("return_amounts"u8);
        OrderJson.WriteAmounts(json, back.Amounts, at.Currency);
        json.WriteEndObject();
    }

    private static void Lines(Utf8JsonWriter json, ReturnDraft back, string currency)
    {
        json.WriteStartArray("return_line_items"u8);
        foreach (var line in back.Lines)
        {
            json.WriteStartObject();
            json.WriteString("uid"u8, Prefix + line.Uid);
            json.WriteString("source_line_item_uid"u8, line.Uid);
            LineJson.Item(json, line);
            LineJson.Modifiers(json, "return_modifiers"u8, line, currency, returned: true);
            LineJson.Applied(json, line, currency, Prefix);
            LineJson.Prices(json, line, currency, "gross_return_money"u8);
            json.WriteEndObject();
        }

        if (back.CustomAmount > 0)
        {
            json.WriteStartObject();
            json.WriteString("uid"u8, Prefix + back.Uid);
            json.WriteString("quantity"u8, "1"u8);
            json.WriteString("item_type"u8, "CUSTOM_AMOUNT"u8);
            json.Money("base_price_money"u8, back.CustomAmount, currency);
            json.Money("variation_total_price_money"u8, back.CustomAmount, currency);
            json.Money("gross_return_money"u8, back.CustomAmount, currency);
            json.Money("total_tax_money"u8, 0, currency);
            json.Money("total_discount_money"u8, 0, currency);
            json.Money("total_money"u8, back.CustomAmount, currency);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Charges(Utf8JsonWriter json, OrderDraft source)
    {
        if (source.Charges.Count == 0)
        {
            return;
        }

        json.WriteStartArray("return_service_charges"u8);
        foreach (var charge in source.Charges)
        {
            json.WriteStartObject();
            json.WriteString("uid"u8, Prefix + charge.Uid);
            json.WriteString("source_service_charge_uid"u8, charge.Uid);
            LineJson.Charge(json, charge, source.At.Currency, Prefix);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Tips(Utf8JsonWriter json, OrderDraft source)
    {
        if (source.Amounts.Tip == 0)
        {
            return;
        }

        json.WriteStartArray("return_tips"u8);
        foreach (var tender in source.Tenders.Where(t => t.Tip > 0))
        {
            json.WriteStartObject();
            json.WriteString("uid"u8, Prefix + tender.Id);
            json.Money("applied_money"u8, tender.Tip, source.At.Currency);
            json.WriteString("source_tender_id"u8, tender.Id);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Taxes(Utf8JsonWriter json, ReturnDraft back, string currency)
    {
        json.WriteStartArray("return_taxes"u8);
        foreach (var tax in back.From.Taxes)
        {
            var amount = back.WithChargesAndTips ? tax.Amount : back.Lines.SelectMany(l => l.Taxes).Where(t => t.Tax == tax).Sum(t => t.Amount);
            if (amount == 0)
            {
                continue;
            }

            json.WriteStartObject();
            json.WriteString("uid"u8, Prefix + tax.Uid);
            json.WriteString("source_tax_uid"u8, tax.Uid);
            LineJson.Tax(json, tax.Rule, amount, currency);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Discounts(Utf8JsonWriter json, ReturnDraft back, Restaurant at)
    {
        json.WriteStartArray("return_discounts"u8);
        foreach (var discount in back.From.Discounts)
        {
            var amount = back.Lines.SelectMany(l => l.Discounts).Where(d => d.Discount == discount).Sum(d => d.Amount);
            if (amount == 0)
            {
                continue;
            }

            json.WriteStartObject();
            json.WriteString("uid"u8, Prefix + discount.Uid);
            json.WriteString("source_discount_uid"u8, discount.Uid);
            LineJson.Discount(json, discount, amount, at);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
