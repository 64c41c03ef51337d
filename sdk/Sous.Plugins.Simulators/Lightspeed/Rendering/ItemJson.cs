using System.Text.Json;
using Sous.Plugins.Simulators.Lightspeed.Seeding;

namespace Sous.Plugins.Simulators.Lightspeed.Rendering;

/// <summary>Writes an item; its prices are JSON numbers.</summary>
internal static class ItemJson
{
    public static void Write(Utf8JsonWriter json, MenuItem item)
    {
        json.WriteStartObject();
        json.WriteNumber("id", item.Id);
        json.WriteString("name", item.Name);
        json.WriteString("docketName", item.Name);
        if (item.Sku is { } sku)
        {
            json.WriteString("sku", sku);
            json.WriteString("barcode", $"2001{sku}");
        }

        json.WriteBoolean("active", item.Active);
        json.WriteStartObject("accountingGroup");
        json.WriteNumber("id", item.Group.Id);
        json.WriteString("name", item.Group.Name);
        json.WriteEndObject();
        json.WriteStartArray("prices");
        foreach (var (name, amount) in item.Prices)
        {
            json.WriteStartObject();
            json.WriteNumber("amount", amount / 100m);
            json.WriteString("name", name);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("sharingType", "LOCAL");
        json.WriteString("priceMode", item.PriceMode);
        json.WriteString("inventorySource", "PRODUCED");
        json.WriteBoolean("disabled", false);
        json.WriteString("itemType", item.Type);
        json.WriteEndObject();
    }
}
