using System.Text.Json;
using Sous.Plugins.Simulators.Toast.Seeding;

namespace Sous.Plugins.Simulators.Toast.Rendering;

/// <summary>Writes Toast's Selection, which is a modifier too, and applied discounts.</summary>
internal static class LineJson
{
    private static readonly string VoidReason = Guids.Of("voidReason", 1);

    public static void Write(Utf8JsonWriter json, OrderDraft order, LineDraft line, bool isModifier)
    {
        json.WriteStartObject();
        json.Identity("MenuItemSelection", line.Guid);
        if (line.Item is { } item)
        {
            json.WriteStartObject("item");
            json.Identity("MenuItem", item.Guid);
            json.WriteString("multiLocationId", item.MultiLocationId);
            json.WriteEndObject();
            json.Reference("salesCategory", "SalesCategory", isModifier ? null : Guids.Of($"salesCategory {item.SalesCategory}", order.At.Index));
        }

        json.Reference("optionGroup", "MenuOptionGroup", line.OptionGroup);
        json.WriteString("displayName", line.Name);
        json.WriteString("selectionType", line.Type);
        json.WriteNumber("quantity", line.Quantity);
        json.WriteString("unitOfMeasure", line.Item?.Unit ?? "NONE");
        json.WriteBoolean("deferred", line.Deferred);
        json.Amount("receiptLinePrice", line.UnitPrice);
        json.Amount("preDiscountPrice", line.Gross);
        json.Amount("price", line.Price);
        json.Amount("tax", line.Tax);
        json.WriteString("taxInclusion", isModifier ? "INHERITED" : order.At.Tax.Included ? "INCLUDED" : "NOT_INCLUDED");
        json.Voidance(line.Voided, order.At.DayOf);
        json.Reference("voidReason", "VoidReason", line.Voided is null ? null : VoidReason);
        Refund(json, line);
        Taxes(json, order, line, isModifier);
        Discounts(json, line.Discounts);
        json.WriteStartArray("modifiers");
        line.Modifiers.ForEach(modifier => Write(json, order, modifier, isModifier: true));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void Discounts(Utf8JsonWriter json, List<DiscountDraft> discounts)
    {
        json.WriteStartArray("appliedDiscounts");
        foreach (var discount in discounts)
        {
            json.WriteStartObject();
            json.Identity("AppliedCustomDiscount", discount.Guid);
            json.WriteString("name", discount.Name);
            json.Amount("discountAmount", discount.Amount);
            json.Amount("nonTaxDiscountAmount", discount.NonTax);
            json.Reference("discount", "Discount", Guids.Of(discount.Name, 0));
            json.WriteString("discountType", discount.Millionths > 0 ? "PERCENT" : "FIXED");
            if (discount.Millionths > 0)
            {
                json.WriteNumber("discountPercent", discount.Millionths / 10_000m);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Refund(Utf8JsonWriter json, LineDraft line)
    {
        if (line.Refunded is { } back)
        {
            json.WriteStartObject("refundDetails");
            json.Amount("refundAmount", back.Amount);
            json.Amount("taxRefundAmount", back.Tax);
            json.WriteEndObject();
        }
    }

    private static void Taxes(Utf8JsonWriter json, OrderDraft order, LineDraft line, bool isModifier)
    {
        var tax = order.At.Tax;
        json.WriteStartArray("appliedTaxes");
        if (!isModifier && !line.Deferred)
        {
            json.WriteStartObject();
            json.Identity("AppliedTaxRate", tax.Guid);
            json.Reference("taxRate", "TaxRate", tax.Guid);
            json.WriteString("name", tax.Name);
            json.WriteNumber("rate", tax.Millionths / 1_000_000m);
            json.Amount("taxAmount", line.Tax);
            json.WriteString("type", "PERCENT");
            json.WriteBoolean("facilitatorCollectAndRemitTax", order.Source == "Grubhub");
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
