using System.Globalization;
using System.Text.Json;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Lightspeed.Seeding;

namespace Sous.Plugins.Simulators.Lightspeed.Rendering;

/// <summary>Writes a line. One that was taken back has no amounts.</summary>
internal static class LineJson
{
    public static void Write(Utf8JsonWriter json, DocumentDraft document, LineDraft line, LightspeedSimulatorOptions options)
    {
        var at = document.At;
        var sign = options.RefundsUnsigned && document.Type == "REFUND" ? -1 : 1;
        var standing = line.VoidReason is null ? sign : 0;
        json.WriteStartObject();
        json.WriteString("id", line.Id);
        if (line.Parent is { } parent)
        {
            json.WriteString("parentLineId", parent.Id);
        }

        json.Millionths("totalNetAmountWithTax", standing * (line.Without + line.Tax + (options.ServiceChargeInTotal ? line.ChargeAmount : 0)));
        json.Millionths("totalNetAmountWithoutTax", standing * line.Without);
        json.Minor("menuListPrice", line.Price);
        json.Millionths("serviceCharge", standing * line.ChargeAmount);
        json.WriteString("serviceChargeType", line.ServiceCharge == 0 ? "NO_SERVICE_CHARGE" : "APPORTIONED");
        json.WriteString("serviceChargeRate", (line.ServiceCharge / 10_000m).ToString("F2", CultureInfo.InvariantCulture));
        Taxes(json, at, line, standing);
        Discounts(json, line, standing, options.DiscountsWithoutTax && at.TaxIncluded ? at.Taxes.Sum(tax => tax.Millionths) : 0);
        if (line.Item.Sku is { } sku)
        {
            json.WriteString("sku", sku);
        }

        json.WriteString("name", line.Item.Name);
        json.WriteString("statisticGroup", line.Item.Group.Statistics);
        json.WriteString("quantity", (sign * line.Quantity).ToString("F3", CultureInfo.InvariantCulture));
        json.WriteStartObject("accountingGroup");
        json.Group(line.Item.Group);
        json.WriteEndObject();
        json.WriteString("currency", at.Business.Currency);
        json.Time("timeOfSale", line.At);
        if (line.VoidReason is { } reason)
        {
            json.WriteString("voidReason", reason);
        }

        json.WriteEndObject();
    }

    private static void Taxes(Utf8JsonWriter json, Place at, LineDraft line, int sign)
    {
        json.WriteString("taxCode", at.Taxes[0].Code);
        json.Millionths("taxAmount", sign * line.Tax);
        json.WriteString("taxRatePercentage", (at.Taxes.Sum(tax => tax.Millionths) / 10_000m).ToString("0.00##", CultureInfo.InvariantCulture));
        json.WriteStartArray("taxLines");
        for (var i = 0; i < at.Taxes.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("taxId", at.Taxes[i].Id.ToString(CultureInfo.InvariantCulture));
            json.WriteString("taxCode", at.Taxes[i].Code);
            json.WriteString("taxRate", (1 + (at.Taxes[i].Millionths / 1_000_000m)).ToString("0.0#####", CultureInfo.InvariantCulture));
            json.Millionths("taxAmount", sign * line.Taxes[i]);
            json.WriteBoolean("taxIncluded", at.TaxIncluded);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Discounts(Utf8JsonWriter json, LineDraft line, int sign, long taken)
    {
        var (own, account) = (Without(line.DiscountAmount, taken), Without(line.AccountDiscountAmount, taken));
        json.Millionths("discountAmount", sign * own);
        if (line.Discount > 0)
        {
            json.WriteString("discountType", "DISCOUNT");
            json.WriteString("discountCode", string.Create(CultureInfo.InvariantCulture, $"{line.Discount / 10_000}PCT"));
            json.WriteString("discountName", string.Create(CultureInfo.InvariantCulture, $"{line.Discount / 10_000}% Discount"));
        }

        json.Millionths("accountDiscountAmount", sign * account);
        if (line.AccountDiscount > 0)
        {
            json.WriteString("accountDiscountType", "DISCOUNT");
            json.WriteString("accountDiscountCode", "FRIENDS");
            json.WriteString("accountDiscountName", "Friends of the house");
        }

        json.Millionths("totalDiscountAmount", sign * (own + account));
    }

    private static long Without(long amount, long millionths) => (long)Math.Round(amount * (decimal)Proportion.Whole / (Proportion.Whole + millionths), MidpointRounding.ToEven);
}
