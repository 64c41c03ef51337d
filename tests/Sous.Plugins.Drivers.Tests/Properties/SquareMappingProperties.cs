using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Square;

namespace Sous.Plugins.Drivers.Tests.Properties;

/// <summary>Square's mapping over generated orders: what agrees is never warned of, what does not always is, and nothing makes it throw.</summary>
public sealed class SquareMappingProperties
{
    [Cases(1_000)]
    public Property An_order_that_agrees_with_itself_gives_its_own_sums_and_no_warning() => Prop.ForAll(SquarePlans.All, plan =>
    {
        var sale = Map(plan, plan.Order());

        Assert.Empty(sale.Warnings);
        Assert.Equal(plan.Expected, Sums(sale));
        SaleRules.Hold(sale, plan.Currency);
        Assert.Equal(plan.Back.Count == 0 ? SaleKind.Sale : plan.Sold.Lines.Count == 0 ? SaleKind.Return : SaleKind.Exchange, sale.Kind);
        Assert.Equal(plan.Back.Count == 0 ? null : "SOURCE", sale.OriginalSaleId);
        Assert.Equal(plan.Sold.Lines.Select(line => line.Quantity).Concat(plan.Back.SelectMany(back => back.Lines.Select(line => Turned(line.Quantity)))).Select(Number), sale.Lines.Select(line => line.Quantity));
        Assert.Equal(plan.Sold.Lines.Count, sale.Lines.Count(line => !line.LineId.StartsWith('r')));
        Assert.All(sale.Lines, line => Assert.Equal(line.Gross - line.Discount, line.Net));
    });

    [Cases(1_000)]
    public Property One_amount_that_was_changed_is_noticed() => Prop.ForAll(SquarePlans.WithLines, Gen.Choose(0, int.MaxValue).Two().ToArbitrary(), (plan, pick) =>
    {
        var order = plan.Order();
        var watched = Watched(order).ToList();
        var amount = watched[pick.Item1 % watched.Count];
        amount["amount"] = (long)amount["amount"]! + ((pick.Item2 % 2 == 0 ? 1 : -1) * (1L + plan.Entries + (pick.Item2 % 100_000)));

        // Lines that tell no tax or no discount at all are not held to those sums.
        Assert.True(Map(plan, order).Warnings.Count > 0 || LinesTellNothing(order), order.ToJsonString());
    });

    [Cases(2_000)]
    public Property An_order_that_lacks_members_is_read_and_warned_of_where_it_no_longer_adds_up_and_only_there()
        => Prop.ForAll(SquarePlans.All, Gen.Choose(0, int.MaxValue).NonEmptyListOf().Select(picks => picks.Take(4).ToArray()).ToArbitrary(), (plan, picks) =>
        {
            var order = plan.Order();
            JsonMembers.Damage(order, picks);

            var sale = Map(plan, order);

            Assert.Equal(SaleRules.Broken(sale), sale.Warnings.Intersect(SaleRules.All));
            Assert.Empty(sale.Warnings.Except([.. SaleRules.All, "quantity-unreadable", "currencies-mixed"]));
        });

    [Cases(1_000)]
    public Property Payments_and_refunds_are_told_as_they_are_and_words_of_no_ones_are_kept() => Prop.ForAll(SquarePlans.All, plan =>
    {
        var sale = Map(plan, plan.Order());

        Assert.Equal(SquarePlans.States.Contains(plan.State), sale.Status != SaleStatus.Unknown);
        Assert.Equal(plan.State is "OPEN" or "COMPLETED" or "CANCELED" ? null : plan.State, sale.RawStatus);
        Assert.Equal(plan.Tenders.Select(t => (t.Amount, t.Tip, t.Fee, t.Source)), sale.Payments.Select(p => (p.Amount.Minor, p.Tip.Minor, p.Fee?.Minor, p.RawMethod)));
        Assert.Equal(plan.Tenders.Select(t => SquarePlans.PaymentStates.Contains(t.Status) ? null : t.Status), sale.Payments.Select(p => p.RawStatus));
        Assert.All(sale.Payments, p => Assert.Equal(p.RawStatus is not null, p.Status == PaymentStatus.Unknown));
        var refunds = plan.Tenders.Select(t => t.Refund).OfType<(long Amount, string Status)>().ToList();
        Assert.Equal(refunds.Select(r => (r.Amount, SquarePlans.RefundStates.Contains(r.Status) ? null : r.Status)), sale.Refunds.Select(r => (r.Amount.Minor, r.RawStatus)));
        Assert.Equal(refunds.Where(r => r.Status == "COMPLETED").Sum(r => r.Amount), sale.Refunded.Minor);
        Assert.Equal(plan.Sold.Lines.Concat(plan.Back.SelectMany(b => b.Lines)).Select(l => l.Type is "ITEM" or "CUSTOM_AMOUNT" or "GIFT_CARD"), sale.Lines.Select(l => l.Kind != LineKind.Unknown));
    });

    [Cases(300)]
    public Property A_quantity_is_exact_or_said_to_be_unreadable(string text) => Prop.ForAll(SquarePlans.WithLines, plan =>
    {
        var order = plan.Order();
        order["line_items"]![0]!["quantity"] = text;

        var sale = Map(plan, order);

        var readable = decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number);
        Assert.True(readable ? sale.Lines[0].Quantity == number || sale.Warnings.Contains("quantity-unreadable") : sale.Lines[0].Quantity == 1 && sale.Warnings.Contains("quantity-unreadable"));
    });

    [Cases(300)]
    public Property Whatever_stands_in_a_member_the_sync_ends_with_sales_or_with_a_failure_that_the_host_knows()
        => Prop.ForAll(SquarePlans.All, Gen.Choose(0, int.MaxValue - 1).Two().ToArbitrary(), (plan, pick) =>
        {
            var order = plan.Order();
            JsonMembers.Replace(order, pick.Item1, pick.Item2);
            var square = new ScriptedSquare().On("POST /v2/orders/search", $$"""{"orders":[{{order.ToJsonString()}}]}""");

            var failure = Record.Exception(() => square.SalesAsync().GetAwaiter().GetResult());

            Assert.True(failure is null or DriverException, failure?.ToString());
        });

    [Cases(200)]
    public Property An_order_without_any_of_its_times_is_as_old_as_the_epoch() => Prop.ForAll(SquarePlans.All, plan =>
    {
        var order = plan.Order();
        Array.ForEach(["created_at", "updated_at", "closed_at"], name => order.Remove(name));

        // Seven in the evening in New York.
        Assert.Equal(new DateOnly(1969, 12, 31), Map(plan with { Tenders = [] }, order).BusinessDate);
    });

    private static Sale Map(SquarePlan plan, JsonObject order)
    {
        var payments = plan.Tenders.Select((tender, i) => Read(tender.Payment(i, plan.Currency), SquareJson.Default.SquarePayment)).ToDictionary(p => p.Id, p => (SquarePayment?)p);
        var refunds = plan.Tenders.Select((tender, i) => tender.RefundJson(i, plan.Currency)).OfType<JsonObject>().Select(json => Read(json, SquareJson.Default.SquareRefund)).ToDictionary(r => r.Id, r => (SquareRefund?)r);
        var location = ScriptedSquare.Location with { Currency = plan.Currency, Country = plan.Country, BusinessDayStart = TimeSpan.FromHours(4) };
        return new SaleMapping(location).Map(Read(order, SquareJson.Default.SquareOrder), new PaidOrders(payments, refunds, Array.Empty<OrderReturn>().ToLookup(back => "")));
    }

    private static T Read<T>(JsonObject json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) => JsonSerializer.Deserialize(json.ToJsonString(), type)!;

    private static SquareSums Sums(Sale sale) => new(
        sale.Gross.Minor, sale.Discounts.Minor, sale.Tax.Minor, sale.TaxIncluded.Minor, sale.ServiceCharges.Minor, sale.Tips.Minor, sale.Rounding.Minor, sale.Total.Minor);

    /// <summary>The amounts that the sums rest on.</summary>
    private static IEnumerable<JsonObject> Watched(JsonObject order) => Sides(order).SelectMany(side =>
    {
        var (totals, prefix, part) = side;
        string[] sums = ["total_money", $"{prefix}tax_money", $"{prefix}discount_money", $"{prefix}tip_money", $"{prefix}service_charge_money"];
        var lines = part("line_items");
        return sums.Select(name => totals[name])
            .Concat(lines.SelectMany(line => new[] { line["gross_sales_money"] ?? line["gross_return_money"], line["total_discount_money"], line["total_tax_money"] }))
            .Concat(part("taxes").Select(tax => tax["applied_money"]))
            .Concat(part("discounts").Where(discount => (string)discount["scope"]! == "ORDER").Select(discount => discount["applied_money"]))
            .Concat(part("service_charges").SelectMany(charge => new[] { charge["applied_money"], charge["total_tax_money"] }))
            .Select(money => money!.AsObject());
    });

    private static IEnumerable<(JsonNode Totals, string Prefix, Func<string, IEnumerable<JsonNode>> Part)> Sides(JsonObject order)
    {
        yield return (order, "total_", name => order[name]!.AsArray().Select(item => item!));
        foreach (var back in order["returns"] is JsonArray returns ? returns : [])
        {
            yield return (back!["return_amounts"]!, "", name => back[$"return_{name}"]!.AsArray().Select(item => item!));
        }
    }

    private static bool LinesTellNothing(JsonObject order)
    {
        long Told(string name, params ReadOnlySpan<string> parts)
        {
            var sum = 0L;
            foreach (var part in parts)
            {
                sum += Sides(order).Select((side, i) => (i == 0 ? 1 : -1) * side.Part(part).Sum(item => (long)(item[name]?["amount"] ?? 0))).Sum();
            }

            return sum;
        }

        return Told("total_discount_money", "line_items") == 0 || Told("total_tax_money", "line_items", "service_charges") == 0;
    }

    private static string Turned(string quantity) => quantity.StartsWith('-') ? quantity[1..] : $"-{quantity}";

    private static decimal Number(string quantity) => decimal.Parse(quantity, CultureInfo.InvariantCulture);
}
