using System.Globalization;
using System.Text.Json;
using Sous.Plugins.Simulators.Toast.Seeding;

namespace Sous.Plugins.Simulators.Toast.Rendering;

/// <summary>Writes the published menus, with modifiers by reference as Toast does.</summary>
internal static class MenuJson
{
    public static void Metadata(Utf8JsonWriter json, Restaurant at, Menu menu)
    {
        json.WriteStartObject();
        Head(json, at, menu);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, Restaurant at, Menu menu)
    {
        json.WriteStartObject();
        Head(json, at, menu);
        json.WriteString("restaurantTimeZone", at.ZoneId);
        json.WriteStartArray("menus");
        menu.Menus.ForEach(top => Group(json, at, menu, top));
        json.WriteEndArray();
        json.WriteStartObject("modifierGroupReferences");
        for (var i = 0; i < menu.ModifierGroups.Count; i++)
        {
            ModifierGroup(json, menu, i);
        }

        json.WriteEndObject();
        json.WriteStartObject("modifierOptionReferences");
        foreach (var (reference, option) in menu.ModifierGroups.SelectMany((group, i) => group.Options.Select((option, j) => (OptionReference(i, j), option))))
        {
            json.WriteStartObject(Text(reference));
            json.WriteNumber("referenceId", reference);
            Item(json, menu, option);
            json.WriteBoolean("isDefault", false);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartObject("preModifierGroupReferences");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Head(Utf8JsonWriter json, Restaurant at, Menu menu)
    {
        json.WriteString("restaurantGuid", at.Guid);
        json.Time("lastUpdated", menu.Published);
    }

    private static void Group(Utf8JsonWriter json, Restaurant at, Menu menu, MenuGroup group)
    {
        json.WriteStartObject();
        json.WriteString("name", group.Name);
        json.WriteString("guid", group.Guid);
        json.WriteString("description", "");
        Visible(json);
        json.WriteStartArray("menuGroups");
        group.Groups.ForEach(below => Group(json, at, menu, below));
        json.WriteEndArray();
        if (!menu.Menus.Contains(group))
        {
            json.WriteStartArray("menuItems");
            foreach (var item in group.Items)
            {
                json.WriteStartObject();
                Item(json, menu, item);
                json.WriteString("taxInclusion", at.Tax.Included ? "TAX_INCLUDED" : "TAX_NOT_INCLUDED");
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void Item(Utf8JsonWriter json, Menu menu, MenuItem item)
    {
        json.WriteString("name", item.Name);
        json.WriteString("guid", item.Guid);
        json.WriteString("multiLocationId", item.MultiLocationId);
        json.WriteString("description", "");
        Visible(json);
        if (item.Price is { } price)
        {
            json.Amount("price", price);
        }
        else
        {
            json.WriteNull("price");
        }

        json.WriteString("pricingStrategy", item.Strategy);
        json.WriteNull("pricingRules");
        json.WriteStartObject("salesCategory");
        json.WriteString("name", item.SalesCategory);
        json.WriteString("guid", menu.SalesCategoryGuid(item.SalesCategory));
        json.WriteEndObject();
        json.WriteString("plu", "");
        json.WriteString("sku", $"SKU-{item.Guid[..6]}");
        json.WriteString("unitOfMeasure", item.Unit);
        json.WriteStartArray("modifierGroupReferences");
        foreach (var group in item.Groups)
        {
            json.WriteNumberValue(GroupReference(group));
        }

        json.WriteEndArray();
    }

    private static void ModifierGroup(Utf8JsonWriter json, Menu menu, int index)
    {
        var group = menu.ModifierGroups[index];
        json.WriteStartObject(Text(GroupReference(index)));
        json.WriteString("name", group.Name);
        json.WriteString("guid", group.Guid);
        json.WriteNumber("referenceId", GroupReference(index));
        json.WriteString("pricingStrategy", "NONE");
        json.WriteNull("pricingRules");
        json.WriteNumber("minSelections", group.Min);
        if (group.Max is { } max)
        {
            json.WriteNumber("maxSelections", max);
        }
        else
        {
            json.WriteNull("maxSelections");
        }

        json.WriteString("requiredMode", group.Min > 0 ? "REQUIRED" : "OPTIONAL");
        json.WriteBoolean("isMultiSelect", group.Max != 1);
        json.WriteStartArray("modifierOptionReferences");
        for (var i = 0; i < group.Options.Count; i++)
        {
            json.WriteNumberValue(OptionReference(index, i));
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Visible(Utf8JsonWriter json)
    {
        json.WriteStartArray("visibility");
        json.WriteStringValue("POS");
        json.WriteStringValue("TOAST_ONLINE_ORDERING");
        json.WriteEndArray();
    }

    private static int GroupReference(int index) => index + 1;

    private static int OptionReference(int group, int option) => (100 * (group + 1)) + option;

    private static string Text(int reference) => reference.ToString(CultureInfo.InvariantCulture);
}
