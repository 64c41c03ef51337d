using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.Drivers.Tests.Toast;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Toast;

namespace Sous.Plugins.Drivers.Tests.Properties;

/// <summary>Toast's mapping over generated orders: what agrees is never warned of, what does not always is, and nothing makes it throw.</summary>
public sealed class ToastMappingProperties
{
    private static readonly string[] Reading = [SaleSums.Rounded, SaleSums.Unreadable, SaleSums.UnreadableQuantity, SaleMapping.NoBusinessDate];

    [Cases(1_000)]
    public Property An_order_that_agrees_with_itself_gives_its_own_sums_and_no_warning() => Prop.ForAll(ToastPlans.All, plan =>
    {
        var sale = Map(plan, plan.Order());

        Assert.Empty(sale.Warnings);
        Assert.Equal(plan.Expected, (sale.Gross.Minor, sale.Net.Minor, sale.Tax.Minor, sale.ServiceCharges.Minor, sale.Tips.Minor, sale.Rounding.Minor, sale.Total.Minor));
        SaleRules.Hold(sale, plan.Currency);
        Assert.Equal(!plan.Standing.Any(), sale.Status is SaleStatus.Voided or SaleStatus.Deleted);
        var lines = plan.Checks.Where(check => !check.Deleted).SelectMany(check => check.Lines.Select(line => (Number(line.Quantity), line.Gross, line.Price, line.Taxes.Sum())));
        Assert.Equal(lines, sale.Lines.Select(line => (line.Quantity, line.Gross.Minor, line.Net.Minor, line.Tax.Minor)));
    });

    [Cases(1_000)]
    public Property One_amount_that_was_changed_is_noticed() => Prop.ForAll(ToastPlans.Standing, Gen.Choose(0, int.MaxValue - 1).Two().ToArbitrary(), (plan, pick) =>
    {
        var order = plan.Order();
        var watched = Watched(plan, order).ToList();
        var (owner, name) = watched[pick.Item1 % watched.Count];
        var by = 1L + plan.Entries + (pick.Item2 % 100_000);
        // A total less just the gratuity is one that does not hold it, and as good.
        by += plan.Checks.Any(check => check.Gratuity == by) ? plan.Entries + 1 : 0;
        by = plan.Checks.Any(check => check.Gratuity == by) ? by + 1 : by;
        var amount = decimal.Parse(owner[name]!.ToJsonString(), CultureInfo.InvariantCulture) + new Money(pick.Item2 % 2 == 0 ? by : -by, plan.Currency).ToMajor();
        owner[name] = JsonNode.Parse(amount.ToString(CultureInfo.InvariantCulture));

        var sale = Map(plan, order);

        Assert.True(sale.Warnings.Count > 0 || sale.Lines.Where(line => !line.Voided).Sum(line => line.Tax.Minor) + sale.Charges.Sum(charge => charge.Tax.Minor) == 0, $"{name} of {owner.ToJsonString()}");
    });

    [Cases(2_000)]
    public Property An_order_that_lacks_members_is_read_and_warned_of_where_it_no_longer_adds_up_and_only_there()
        => Prop.ForAll(ToastPlans.All, Gen.Choose(0, int.MaxValue).NonEmptyListOf().Select(picks => picks.Take(4).ToArray()).ToArbitrary(), (plan, picks) =>
        {
            var order = plan.Order();
            JsonMembers.Damage(order, picks);

            var sale = Map(plan, order);

            Assert.Equal(SaleRules.Broken(sale), sale.Warnings.Intersect(SaleRules.All));
            Assert.Empty(sale.Warnings.Except([.. SaleRules.All, .. Reading]));
        });

    [Cases(1_000)]
    public Property Payments_and_refunds_are_told_as_they_are_and_words_of_no_ones_are_kept() => Prop.ForAll(ToastPlans.All, plan =>
    {
        var sale = Map(plan, plan.Order());

        Assert.Equal(plan.Payments.Select(p => (p.Amount, p.Tip, p.Type)), sale.Payments.Select(p => (p.Amount.Minor, p.Tip.Minor, p.RawMethod)));
        Assert.Equal(plan.Payments.Select(p => p.Status is null || ToastPlans.PaymentStates.Contains(p.Status) ? null : p.Status), sale.Payments.Select(p => p.RawStatus));
        Assert.All(sale.Payments, p => Assert.Equal(p.RawStatus is not null, p.Status == PaymentStatus.Unknown));
        var refunds = plan.Payments.Select(p => p.Refund).OfType<(long Amount, long Tip, string? Status)>().Where(r => r.Status != "NONE").ToList();
        Assert.Equal(refunds.Select(r => (r.Amount + r.Tip, r.Tip, r.Status is "PARTIAL" or "FULL" ? null : r.Status)), sale.Refunds.Select(r => (r.Amount.Minor, r.Tip.Minor, r.RawStatus)));
        Assert.Equal(refunds.Where(r => r.Status is "PARTIAL" or "FULL").Sum(r => r.Amount + r.Tip), sale.Refunded.Minor);
        var strange = plan.Standing.Select(check => check.Status).FirstOrDefault(status => status is not ("OPEN" or "PAID" or "CLOSED"));
        Assert.Equal((strange, strange is not null), (sale.RawStatus, sale.Status == SaleStatus.Unknown));
    });

    [Cases(2_000)]
    public Property A_decimal_is_rounded_half_to_even_and_said_to_be(long digits, byte scale, byte pick)
    {
        string[] currencies = ["JPY", "USD", "KWD", "CLF"];
        var currency = currencies[pick % currencies.Length];
        var (units, decimals) = (digits % 1_000_000_000_000, scale % 9);
        var sums = new SaleSums(currency);

        var read = sums.Of(new decimal((int)(Math.Abs(units) & 0xFFFFFFFF), (int)(Math.Abs(units) >> 32), 0, units < 0, (byte)decimals));

        var (scaled, divisor) = (units * BigInteger.Pow(10, CurrencyDecimals.Of(currency)), BigInteger.Pow(10, decimals));
        var floor = BigInteger.Divide(scaled - (((scaled % divisor) + divisor) % divisor), divisor);
        var twice = 2 * (scaled - (floor * divisor));
        var expected = floor + (twice > divisor || (twice == divisor && !floor.IsEven) ? 1 : 0);
        // A ten-thousandth of a unit and less is what a double at Toast leaves behind.
        var off = BigInteger.Abs(scaled - (expected * divisor)) * 10_000 > divisor;
        return (read.Minor == expected && sums.Warnings.Contains(SaleSums.Rounded) == off).ToProperty();
    }

    [Cases(300)]
    public Property Whatever_stands_in_a_member_the_sync_ends_with_sales_or_with_a_failure_that_the_host_knows()
        => Prop.ForAll(ToastPlans.All, Gen.Choose(0, int.MaxValue - 1).Two().ToArbitrary(), (plan, pick) =>
        {
            var order = plan.Order();
            JsonMembers.Replace(order, pick.Item1, pick.Item2);
            var toast = new ScriptedToast().On("/orders/v2/ordersBulk", $"[{order.ToJsonString()}]");

            var failure = Record.Exception(() => toast.SalesAsync().GetAwaiter().GetResult());

            Assert.True(failure is null or DriverException, failure?.ToString());
        });

    private static Sale Map(ToastPlan plan, JsonObject order) => new SaleMapping(ScriptedToast.Location with { Currency = plan.Currency })
        .Map(JsonSerializer.Deserialize(order.ToJsonString(), ToastJson.Default.ToastOrder)!).Record!;

    /// <summary>
    /// The amounts that the sums rest on. Nothing can hold a gratuity that its check's total leaves out, and only listed discounts
    /// hold what a price was before them.
    /// </summary>
    private static IEnumerable<(JsonObject Owner, string Name)> Watched(ToastPlan plan, JsonObject order)
    {
        var checks = order["checks"]!.AsArray().Select(check => check!.AsObject()).ToList();
        var sold = checks.SelectMany(check => Items(check, "selections")).Where(line => !(bool)line["voided"]!).ToList();
        var charges = checks.SelectMany(check => Items(check, "appliedServiceCharges")).ToList();
        var discounts = checks.Concat(sold).SelectMany(owner => Items(owner, "appliedDiscounts")).ToList();
        return
        [
            .. checks.SelectMany(check => new[] { (check, "taxAmount"), (check, "totalAmount") }),
            .. sold.SelectMany(line => new[] { (line, "price"), (line, "tax") }),
            .. discounts.Count == 0 ? [] : sold.Select(line => (line, "preDiscountPrice")),
            .. checks.Where((_, c) => plan.Checks[c] is { GratuityInTotal: true, Gratuity: not 0 }).SelectMany(check => Items(check, "appliedServiceCharges")).Concat(charges.Where(charge => charge["gratuity"] is not { } gratuity || !(bool)gratuity)).Select(charge => (charge, "chargeAmount")),
            .. discounts.Select(discount => (discount, "discountAmount")),
            .. sold.Concat(charges).SelectMany(owner => Items(owner, "appliedTaxes")).Select(tax => (tax, "taxAmount")),
        ];
    }

    private static IEnumerable<JsonObject> Items(JsonObject owner, string name) => (owner[name] as JsonArray ?? []).Select(item => item!.AsObject());

    private static decimal Number(string quantity) => decimal.Parse(quantity, CultureInfo.InvariantCulture);
}
