using System.Text.Json;
using Sous.Plugins.Simulators.Square.Seeding;

namespace Sous.Plugins.Simulators.Square.Rendering;

/// <summary>The parts of a line that a sale and a return write alike.</summary>
internal static class LineJson
{
    public static void Item(Utf8JsonWriter json, LineDraft line)
    {
        json.Optional("name"u8, line.Name);
        json.WriteString("quantity"u8, OrderJson.Quantity(line.Quantity));
        if (line.ByWeight)
        {
            json.WriteStartObject("quantity_unit"u8);
            json.WriteStartObject("measurement_unit"u8);
            json.WriteString("weight_unit"u8, "IMPERIAL_POUND"u8);
            json.WriteString("type"u8, "TYPE_WEIGHT"u8);
            json.WriteEndObject();
            json.WriteNumber("precision"u8, 2);
            json.WriteEndObject();
        }

        json.Optional("catalog_object_id"u8, line.VariationId);
        json.Optional("variation_name"u8, line.VariationName);
        json.WriteString("item_type"u8, line.VariationId is null ? "CUSTOM_AMOUNT"u8 : "ITEM"u8);
    }

    public static void Modifiers(Utf8JsonWriter json, ReadOnlySpan<byte> name, LineDraft line, string currency, bool returned)
    {
        if (line.Modifiers.Count == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var modifier in line.Modifiers)
        {
            json.WriteStartObject();
            json.WriteString("uid"u8, returned ? "r" + modifier.Uid : modifier.Uid);
            json.Optional("source_modifier_uid"u8, returned ? modifier.Uid : null);
            json.WriteString("catalog_object_id"u8, modifier.Id);
            json.WriteString("name"u8, modifier.Name);
            json.WriteString("quantity"u8, OrderJson.Quantity(modifier.Quantity));
            json.Money("base_price_money"u8, modifier.Price, currency);
            json.Money("total_price_money"u8, modifier.Total, currency);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Applied taxes and discounts; the prefix turns a sale's uids into those of its return.</summary>
    public static void Applied(Utf8JsonWriter json, LineDraft line, string currency, string prefix)
    {
        AppliedTaxes(json, line.Uid, line.Taxes, currency, prefix);
        if (line.Discounts.Count == 0)
        {
            return;
        }

        json.WriteStartArray("applied_discounts"u8);
        foreach (var (discount, amount) in line.Discounts)
        {
            json.WriteStartObject();
            json.WriteString("uid"u8, $"{prefix}ad{discount.Uid}{line.Uid}");
            json.WriteString("discount_uid"u8, prefix + discount.Uid);
            json.Money("applied_money"u8, amount, currency);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static void Prices(Utf8JsonWriter json, LineDraft line, string currency, ReadOnlySpan<byte> grossName)
    {
        json.Money("base_price_money"u8, line.BasePrice, currency);
        json.Money("variation_total_price_money"u8, line.VariationTotal, currency);
        json.Money(grossName, line.Gross, currency);
        json.Money("total_tax_money"u8, line.TaxTotal, currency);
        json.Money("total_discount_money"u8, line.DiscountTotal, currency);
        json.Money("total_money"u8, line.Total, currency);
        json.Money("total_service_charge_money"u8, 0, currency);
    }

    public static void Tax(Utf8JsonWriter json, TaxRule rule, long amount, string currency)
    {
        json.WriteString("catalog_object_id"u8, rule.Id);
        json.WriteString("name"u8, rule.Name);
        json.WriteString("type"u8, rule.Inclusive ? "INCLUSIVE"u8 : "ADDITIVE"u8);
        json.WriteString("percentage"u8, rule.Percentage);
        json.Money("applied_money"u8, amount, currency);
        json.WriteString("scope"u8, rule.AppliesTo == TaxClass.Any ? "ORDER"u8 : "LINE_ITEM"u8);
    }

    public static void Discount(Utf8JsonWriter json, DiscountDraft discount, long amount, Restaurant at)
    {
        json.WriteString("catalog_object_id"u8, discount.Source.Id);
        json.WriteString("name"u8, discount.Source.Name);
        json.WriteString("type"u8, discount.Source.Percentage is null ? "FIXED_AMOUNT"u8 : "FIXED_PERCENTAGE"u8);
        json.Optional("percentage"u8, discount.Source.Percentage);
        if (discount.Source.Percentage is null)
        {
            json.Money("amount_money"u8, at.Price(discount.Source.Cents), at.Currency);
        }

        json.Money("applied_money"u8, amount, at.Currency);
        json.WriteString("scope"u8, discount.WholeOrder ? "ORDER"u8 : "LINE_ITEM"u8);
    }

    public static void Charge(Utf8JsonWriter json, ChargeDraft charge, string currency, string prefix)
    {
        json.WriteString("name"u8, charge.Name);
        json.Optional("percentage"u8, charge.Percentage);
        if (charge.Percentage is null)
        {
            json.Money("amount_money"u8, charge.Applied, currency);
        }

        json.Money("applied_money"u8, charge.Applied, currency);
        json.Money("total_money"u8, charge.Total, currency);
        json.Money("total_tax_money"u8, charge.TaxTotal, currency);
        json.WriteString("calculation_phase"u8, "SUBTOTAL_PHASE"u8);
        json.WriteBoolean("taxable"u8, charge.Taxes.Count > 0);
        AppliedTaxes(json, charge.Uid, charge.Taxes, currency, prefix);
        json.WriteString("treatment_type"u8, "LINE_ITEM_TREATMENT"u8);
        json.WriteString("scope"u8, "ORDER"u8);
    }

    private static void AppliedTaxes(Utf8JsonWriter json, string of, List<(TaxDraft Tax, long Amount)> taxes, string currency, string prefix)
    {
        if (taxes.Count == 0)
        {
            return;
        }

        json.WriteStartArray("applied_taxes"u8);
        foreach (var (tax, amount) in taxes)
        {
            json.WriteStartObject();
            json.WriteString("uid"u8, $"{prefix}at{tax.Uid}{of}");
            json.WriteString("tax_uid"u8, prefix + tax.Uid);
            json.Money("applied_money"u8, amount, currency);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
