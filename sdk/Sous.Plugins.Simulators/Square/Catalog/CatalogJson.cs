using System.Text.Json;
using Sous.Plugins.Simulators.Square.Rendering;
using Sous.Plugins.Simulators.Square.Seeding;

namespace Sous.Plugins.Simulators.Square.Catalog;

/// <summary>Writes Square's CatalogObject and the data of each type that the seed has.</summary>
internal static class CatalogJson
{
    public static void Write(Utf8JsonWriter json, CatalogEntry entry)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, entry.Type);
        json.WriteString("id"u8, entry.Id);
        json.Time("updated_at"u8, entry.Updated);
        json.WriteNumber("version"u8, entry.Updated);
        json.WriteBoolean("is_deleted"u8, entry.Deleted);
        json.WriteBoolean("present_at_all_locations"u8, entry.OnlyAt.Length == 0);
        if (entry.OnlyAt.Length > 0)
        {
            Strings(json, "present_at_location_ids"u8, entry.OnlyAt);
        }

        json.WriteStartObject(entry.DataName);
        entry.WriteData(json);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    public static void Item(Utf8JsonWriter json, MenuItem item, CatalogEntry[] variations, IReadOnlyList<string> taxIds)
    {
        json.WriteString("name"u8, item.NameNow);
        json.WriteString("description"u8, $"{item.NameNow}, as made at {Restaurants.MerchantName}.");
        json.WriteBoolean("is_taxable"u8, true);
        Strings(json, "tax_ids"u8, taxIds);
        json.WriteStartArray("modifier_list_info"u8);
        foreach (var list in item.ModifierLists)
        {
            json.WriteStartObject();
            json.WriteString("modifier_list_id"u8, list.Id);
            json.WriteNumber("min_selected_modifiers"u8, list.Min);
            json.WriteNumber("max_selected_modifiers"u8, list.Max);
            json.WriteBoolean("enabled"u8, true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Nested(json, "variations"u8, variations);
        json.WriteString("product_type"u8, "REGULAR"u8);
        json.WriteStartArray("categories"u8);
        CategoryReference(json, item.CategoryId);
        json.WriteEndArray();
        json.WritePropertyName("reporting_category"u8);
        CategoryReference(json, item.CategoryId);
        json.WriteBoolean("is_archived"u8, false);
    }

    public static void Variation(Utf8JsonWriter json, MenuItem item, MenuVariation variation, int ordinal)
    {
        json.WriteString("item_id"u8, item.Id);
        json.WriteString("name"u8, variation.Name);
        json.WriteString("sku"u8, variation.Sku);
        json.WriteNumber("ordinal"u8, ordinal);
        if (item.AskedPrice)
        {
            json.WriteString("pricing_type"u8, "VARIABLE_PRICING"u8);
        }
        else
        {
            json.WriteString("pricing_type"u8, "FIXED_PRICING"u8);
            json.Money("price_money"u8, variation.Cents, "USD");
            Overrides(json, item, variation);
        }

        json.Optional("measurement_unit_id"u8, item.ByWeight ? Menu.PoundUnitId : null);
        json.WriteBoolean("sellable"u8, true);
    }

    public static void ModifierList(Utf8JsonWriter json, ModifierList list, CatalogEntry[] modifiers)
    {
        json.WriteString("name"u8, list.Name);
        json.WriteString("selection_type"u8, list.Max == 1 ? "SINGLE"u8 : "MULTIPLE"u8);
        json.WriteString("modifier_type"u8, "LIST"u8);
        json.WriteNumber("min_selected_modifiers"u8, list.Min);
        json.WriteNumber("max_selected_modifiers"u8, list.Max);
        Nested(json, "modifiers"u8, modifiers);
    }

    public static void Modifier(Utf8JsonWriter json, string listId, Modifier modifier, int ordinal)
    {
        json.WriteString("name"u8, modifier.Name);
        json.Money("price_money"u8, modifier.Cents, "USD");
        json.WriteNumber("ordinal"u8, ordinal);
        json.WriteString("modifier_list_id"u8, listId);
    }

    public static void Category(Utf8JsonWriter json, MenuCategory category)
    {
        json.WriteString("name"u8, category.Name);
        json.WriteString("category_type"u8, "REGULAR_CATEGORY"u8);
        json.WriteBoolean("is_top_level"u8, category.ParentId is null);
        if (category.ParentId is { } parent)
        {
            json.WritePropertyName("parent_category"u8);
            CategoryReference(json, parent);
        }
    }

    public static void Tax(Utf8JsonWriter json, TaxRule tax)
    {
        json.WriteString("name"u8, tax.Name);
        json.WriteString("calculation_phase"u8, "TAX_SUBTOTAL_PHASE"u8);
        json.WriteString("inclusion_type"u8, tax.Inclusive ? "INCLUSIVE"u8 : "ADDITIVE"u8);
        json.WriteString("percentage"u8, tax.Percentage);
        json.WriteBoolean("applies_to_custom_amounts"u8, tax.AppliesTo == TaxClass.Any);
        json.WriteBoolean("enabled"u8, true);
    }

    public static void Discount(Utf8JsonWriter json, MenuDiscount discount)
    {
        json.WriteString("name"u8, discount.Name);
        json.WriteString("discount_type"u8, discount.Percentage is null ? "FIXED_AMOUNT"u8 : "FIXED_PERCENTAGE"u8);
        json.Optional("percentage"u8, discount.Percentage);
        if (discount.Percentage is null)
        {
            json.Money("amount_money"u8, discount.Cents, "USD");
        }
    }

    public static void PoundUnit(Utf8JsonWriter json)
    {
        json.WriteStartObject("measurement_unit"u8);
        json.WriteString("weight_unit"u8, "IMPERIAL_POUND"u8);
        json.WriteString("type"u8, "TYPE_WEIGHT"u8);
        json.WriteEndObject();
        json.WriteNumber("precision"u8, 2);
    }

    private static void Overrides(Utf8JsonWriter json, MenuItem item, MenuVariation variation)
    {
        json.WriteStartArray("location_overrides"u8);
        foreach (var restaurant in Restaurants.All.Where(r => r.Currency != "USD" && item.SoldAt(r)))
        {
            json.WriteStartObject();
            json.WriteString("location_id"u8, restaurant.Id);
            json.Money("price_money"u8, restaurant.Price(variation.Cents), restaurant.Currency);
            json.WriteString("pricing_type"u8, "FIXED_PRICING"u8);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Nested(Utf8JsonWriter json, ReadOnlySpan<byte> name, CatalogEntry[] entries)
    {
        json.WriteStartArray(name);
        foreach (var entry in entries)
        {
            Write(json, entry);
        }

        json.WriteEndArray();
    }

    private static void CategoryReference(Utf8JsonWriter json, string id)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, id);
        json.WriteNumber("ordinal"u8, 0);
        json.WriteEndObject();
    }

    private static void Strings(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
