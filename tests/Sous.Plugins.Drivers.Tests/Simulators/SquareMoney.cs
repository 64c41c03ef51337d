using System.Text.Json;

namespace Sous.Plugins.Drivers.Tests.Simulators;

/// <summary>The identities between the amounts of an order, as Square states them.</summary>
internal static class SquareMoney
{
    public static long Of(JsonElement record, string name) => record.TryGetProperty(name, out var money) ? money.GetProperty("amount").GetInt64() : 0;

    public static IEnumerable<JsonElement> List(JsonElement record, string name) => record.TryGetProperty(name, out var list) ? list.EnumerateArray() : [];

    public static void CheckOrder(JsonElement order)
    {
        var lines = List(order, "line_items").ToList();
        var charges = List(order, "service_charges").ToList();
        foreach (var line in lines)
        {
            CheckLine(order, line);
        }

        if (lines.Count > 0)
        {
            Assert.Equal(Of(order, "total_money"), lines.Sum(l => Of(l, "total_money")) + charges.Sum(c => Of(c, "total_money")) + Of(order, "total_tip_money"));
            Assert.Equal(Of(order, "total_tax_money"), lines.Sum(l => Of(l, "total_tax_money")) + charges.Sum(c => Of(c, "total_tax_money")));
            Assert.Equal(Of(order, "total_discount_money"), lines.Sum(l => Of(l, "total_discount_money")));
            Assert.Equal(Of(order, "total_service_charge_money"), charges.Sum(c => Of(c, "applied_money")));
        }

        Assert.Equal(Of(order, "total_tax_money"), List(order, "taxes").Sum(t => Of(t, "applied_money")));
        Assert.Equal(Of(order, "total_discount_money"), List(order, "discounts").Sum(d => Of(d, "applied_money")));
        CheckPaid(order);
        CheckReturn(order);
    }

    private static void CheckLine(JsonElement order, JsonElement line)
    {
        var inclusive = List(order, "taxes").Where(t => t.GetProperty("type").GetString() == "INCLUSIVE").Select(t => t.GetProperty("uid").GetString()).ToHashSet();
        var included = List(line, "applied_taxes").Where(t => inclusive.Contains(t.GetProperty("tax_uid").GetString())).Sum(t => Of(t, "applied_money"));
        var additive = Of(line, "total_tax_money") - included;
        var full = Of(line, "variation_total_price_money") + List(line, "modifiers").Sum(m => Of(m, "total_price_money"));
        var europe = line.GetProperty("total_money").GetProperty("currency").GetString() == "EUR";

        Assert.Equal(Of(line, "gross_sales_money"), full - (europe ? 0 : included));
        Assert.Equal(Of(line, "total_money"), full - Of(line, "total_discount_money") + additive);
        Assert.Equal(Of(line, "total_discount_money"), List(line, "applied_discounts").Sum(d => Of(d, "applied_money")));
    }

    private static void CheckPaid(JsonElement order)
    {
        if (order.GetProperty("state").GetString() == "COMPLETED" && !order.TryGetProperty("returns", out _))
        {
            Assert.Equal(Of(order, "total_money"), List(order, "tenders").Sum(t => Of(t, "amount_money")));
            Assert.Equal(Of(order, "total_tip_money"), List(order, "tenders").Sum(t => Of(t, "tip_money")));
        }
    }

    private static void CheckReturn(JsonElement order)
    {
        var net = Of(order.GetProperty("net_amounts"), "total_money");
        if (!order.TryGetProperty("returns", out var returns))
        {
            Assert.Equal(Of(order, "total_money"), net);
            return;
        }

        var back = returns[0];
        var amounts = order.GetProperty("return_amounts");
        Assert.Equal(Of(order, "total_money") - Of(amounts, "total_money"), net);
        Assert.Equal(Of(amounts, "total_money"), List(back, "return_line_items").Sum(l => Of(l, "total_money"))
            + List(back, "return_service_charges").Sum(c => Of(c, "total_money")) + List(back, "return_tips").Sum(t => Of(t, "applied_money")));
        Assert.Equal(Of(amounts, "tax_money"), List(back, "return_taxes").Sum(t => Of(t, "applied_money")));
        Assert.Equal(Of(amounts, "discount_money"), List(back, "return_discounts").Sum(d => Of(d, "applied_money")));
        Assert.Equal(net, List(order, "tenders").Sum(t => Of(t, "amount_money")) - List(order, "refunds").Sum(r => Of(r, "amount_money")));
    }
}
