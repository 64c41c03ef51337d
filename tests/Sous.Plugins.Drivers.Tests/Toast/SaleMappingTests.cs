using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Simulators.Toast;
using Sous.Plugins.Toast;

namespace Sous.Plugins.Drivers.Tests.Toast;

public sealed class SaleMappingTests
{
    [Fact]
    public async Task Words_that_are_new_to_us_are_kept_as_they_are()
    {
        var sale = await new ScriptedToast().SaleAsync("""
            "businessDate":20251119,"shape":{"new":[1,2]},"checks":[{"guid":"c","paymentStatus":"SIMMERING","taxAmount":0,"totalAmount":10.00,
              "selections":[{"guid":"s","quantity":1,"selectionType":"HOLOGRAM","preDiscountPrice":10,"price":10.0,"tax":0}],
              "payments":[{"guid":"p","type":"BARTER","amount":10,"tipAmount":0,"paymentStatus":"PONDERED","paidBusinessDate":20251119,"refundStatus":"MAYBE","refund":{"refundAmount":1,"tipRefundAmount":0}}]}]}
            """);

        var (payment, refund) = (Assert.Single(sale.Payments), Assert.Single(sale.Refunds));
        Assert.Equal((SaleStatus.Unknown, "SIMMERING", LineKind.Unknown), (sale.Status, sale.RawStatus, sale.Lines[0].Kind));
        Assert.Equal((PaymentStatus.Unknown, "PONDERED", PaymentMethod.Other, "BARTER"), (payment.Status, payment.RawStatus, payment.Method, payment.RawMethod));
        Assert.Equal((RefundStatus.Unknown, "MAYBE", 0), (refund.Status, refund.RawStatus, sale.Refunded.Minor));
        Assert.Equal(new DateTimeOffset(2025, 11, 20, 2, 0, 0, 500, TimeSpan.Zero), sale.ModifiedAt);
        Assert.Empty(sale.Warnings);
    }

    [Fact]
    public async Task Checks_that_were_deleted_or_voided_count_for_nothing_and_voided_lines_stay_to_be_seen()
    {
        var sale = await new ScriptedToast().SaleAsync("""
            "businessDate":20251119,"displayNumber":"7","source":"Kiosk","numberOfGuests":3,"diningOption":{"guid":"d"},"checks":[
              {"guid":"a","paymentStatus":"CLOSED","deletedDate":"1970-01-01T00:00:00.000+0000","deleted":false,"taxAmount":0.70,"totalAmount":10.70,"selections":[
                {"guid":"1","item":{"guid":"i"},"salesCategory":{"guid":"k"},"quantity":2,"receiptLinePrice":5,"preDiscountPrice":10,"price":10,"tax":0.7},
                {"guid":"2","quantity":1,"preDiscountPrice":4,"price":4,"tax":0.28,"voided":true,"voidReason":{"guid":"why"}}]},
              {"guid":"b","paymentStatus":"CLOSED","voided":true,"taxAmount":1,"totalAmount":9,"selections":[{"guid":"3","quantity":1,"preDiscountPrice":8,"price":8,"tax":1}]},
              {"guid":"c","paymentStatus":"OPEN","deleted":true,"taxAmount":1,"totalAmount":9,"selections":[{"guid":"4","quantity":1,"preDiscountPrice":8,"price":8,"tax":1}]}]}
            """);

        Assert.Equal((SaleStatus.Closed, 1000, 70, 1070), (sale.Status, sale.Net.Minor, sale.Tax.Minor, sale.Total.Minor));
        Assert.Equal([("1", "a", false), ("2", "a", true), ("3", "b", true)], sale.Lines.Select(line => (line.LineId, line.GroupId, line.Voided)));
        Assert.Equal(("i", "k", "why"), (sale.Lines[0].CatalogItemId, sale.Lines[0].CategoryId, sale.Lines[1].VoidReason));
        Assert.Equal(("7", "Kiosk", "d", 3), (sale.Number, sale.Channel, sale.ServiceType, sale.Guests));
        Assert.Empty(sale.Warnings);
    }

    [Fact]
    public async Task Discounts_charges_gratuity_rounding_and_modifiers_are_told_apart()
    {
        var sale = await new ScriptedToast().SaleAsync("""
            "businessDate":20251119,"checks":[{"guid":"c","paymentStatus":"PAID","taxAmount":1.53,"totalAmount":23.50,
              "appliedDiscounts":[{"name":"Friend","discountAmount":2.4,"nonTaxDiscountAmount":2.0,"discountType":"FIXED"},{"name":"Taken back","discountAmount":9,"processingState":"VOID"}],
              "appliedServiceCharges":[{"guid":"g","name":"Gratuity","chargeAmount":3.00,"gratuity":true},{"guid":"d","name":"Delivery","chargeAmount":1.00,"gratuity":false,"appliedTaxes":[{"taxRate":{"guid":"t"},"name":"Tax","rate":0.07,"taxAmount":0.13,"type":"PERCENT"}]},{"guid":"r","name":"Rounding","chargeAmount":-0.03,"serviceChargeCategory":"CASH_ROUNDING"}],
              "selections":[{"guid":"s","item":{"guid":"i"},"displayName":"Stew","quantity":1.25,"unitOfMeasure":"KG","receiptLinePrice":16,"preDiscountPrice":20,"price":18,"tax":1.4,"taxInclusion":"INCLUDED",
                "refundDetails":{"refundAmount":5,"taxRefundAmount":0.4},"appliedTaxes":[{"taxRate":{"guid":"t"},"name":"Tax","rate":0.07,"taxAmount":1.4,"type":"PERCENT","facilitatorCollectAndRemitTax":true}],
                "modifiers":[{"guid":"m","item":{"guid":"mi"},"displayName":"Side","quantity":1,"preDiscountPrice":2,"price":2,"modifiers":[{"guid":"n","displayName":"Dressing","quantity":1,"preDiscountPrice":0.5,"price":0.5}]}]}]}]}
            """);

        Assert.Equal((2000, 200, 1800, 153, 400, -3, 2350), ((int)sale.Gross.Minor, (int)sale.Discounts.Minor, (int)sale.Net.Minor, (int)sale.Tax.Minor, (int)sale.ServiceCharges.Minor, (int)sale.Rounding.Minor, (int)sale.Total.Minor));
        Assert.Equal([("Friend", 200, null)], sale.AppliedDiscounts.Select(d => (d.Name!, (int)d.Amount.Minor, d.LineId)));
        Assert.Equal([("Gratuity", 300, true, 0), ("Delivery", 100, false, 13)], sale.Charges.Select(c => (c.Name, (int)c.Amount.Minor, c.IsGratuity, (int)c.Tax.Minor)));
        Assert.Equal([(140, true, true), (13, false, false)], sale.Taxes.Select(t => ((int)t.Amount.Minor, t.Included, t.RemittedByMarketplace)));
        var line = Assert.Single(sale.Lines);
        Assert.Equal((1.25m, "KG", 1600, 540), (line.Quantity, line.Unit, (int)line.UnitPrice.Minor, (int)line.Refunded!.Value.Minor));
        Assert.Equal(("mi", 200, 50), (line.Modifiers[0].CatalogModifierId, (int)line.Modifiers[0].Price.Minor, (int)line.Modifiers[0].Children[0].Price.Minor));
        Assert.Equal(SaleStatus.Open, sale.Status);
        Assert.Empty(sale.Warnings);
    }

    [Fact]
    public async Task What_does_not_add_up_or_cannot_be_read_is_a_warning_and_is_not_mended()
    {
        var sale = await new ScriptedToast().SaleAsync("""
            "businessDate":0,"checks":[{"guid":"c","paymentStatus":"CLOSED","taxAmount":0,"totalAmount":11,
              "selections":[{"guid":"s","preDiscountPrice":10.005,"price":10.005,"tax":1e300}]}]}
            """);

        Assert.Equal([SaleArithmetic.TotalsMismatch, "quantity-unreadable", "amount-not-whole", "amount-unreadable", "business-date-missing"], sale.Warnings.Order(Comparer<string>.Create((a, b) => Rank(a) - Rank(b))));
        Assert.Equal((1000, 1100), (sale.Net.Minor, sale.Total.Minor));
        // Eight in the evening in New York, whose business day begins at four.
        Assert.Equal((new DateOnly(2025, 11, 19), BusinessDateSource.Derived), (sale.BusinessDate, sale.DateSource));
    }

    [Theory]
    [InlineData("createdInTestMode")]
    [InlineData("excessFood")]
    public async Task Training_and_waste_are_no_sales(string member)
    {
        var toast = new ScriptedToast().On("/orders/v2/ordersBulk", $$"""[{"guid":"{{ScriptedToast.Order}}","modifiedDate":"2025-11-19T21:00:00.500-0500","{{member}}":true,"checks":[]}]""");

        Assert.Empty((await toast.SalesAsync()).Sales());
    }

    [Theory]
    [InlineData("TOAST_CARD_SELL", false, LineKind.GiftCard)]
    [InlineData("TOAST_CARD_RELOAD", true, LineKind.GiftCard)]
    [InlineData("HOUSE_ACCOUNT_PAY_BALANCE", false, LineKind.Deferred)]
    [InlineData("NONE", true, LineKind.Deferred)]
    [InlineData("OPEN_ITEM", false, LineKind.Custom)]
    [InlineData("PORTION", false, LineKind.Item)]
    public async Task What_is_no_revenue_is_told_by_the_lines_kind(string type, bool deferred, LineKind kind)
    {
        var sale = await new ScriptedToast().SaleAsync($$$"""
            "businessDate":20251119,"checks":[{"guid":"c","paymentStatus":"CLOSED","taxAmount":0,"totalAmount":5,
              "selections":[{"guid":"s","item":{"guid":"i"},"quantity":1,"selectionType":"{{{type}}}","deferred":{{{(deferred ? "true" : "false")}}},"preDiscountPrice":5,"price":5,"tax":0}]}]}
            """);

        Assert.Equal(kind, sale.Lines[0].Kind);
    }

    [Cases(200)]
    public Property Amounts_of_any_currency_are_exact_or_say_that_they_are_not()
        => Prop.ForAll(
            Gen.Elements("JPY", "USD", "KWD", "XXX").SelectMany(currency => Gen.Choose(-2_000_000, 2_000_000).SelectMany(units => Gen.Choose(0, 5).Select(decimals => (currency, units, decimals)))).ToArbitrary(),
            sample =>
            {
                var (currency, units, decimals) = sample;
                var major = units / (decimal)Math.Pow(10, decimals);
                var sums = new SaleSums(currency);
                var read = sums.Of(decimal.Parse(major.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));
                return Math.Abs(read.ToMajor() - major) * (decimal)Math.Pow(10, CurrencyDecimals.Of(currency)) <= 0.5m
                    && (read.ToMajor() == major) == (sums.Warnings.Count == 0);
            });

    [Fact]
    public async Task A_currency_without_decimals_is_read_as_it_stands()
    {
        var sale = await new ScriptedToast().SaleAsync("""
            "businessDate":20251119,"checks":[{"guid":"c","paymentStatus":"CLOSED","taxAmount":100,"totalAmount":1100,"selections":[{"guid":"s","quantity":1,"preDiscountPrice":1000,"price":1000,"tax":100}]}]}
            """, ScriptedToast.Location with { Currency = "JPY" });

        Assert.Equal((1000, 1100, "JPY"), (sale.Net.Minor, sale.Total.Minor, sale.Total.Currency));
        Assert.Empty(sale.Warnings);
    }

    [Fact]
    public async Task Every_kind_of_order_that_the_simulator_knows_occurs_and_is_told_apart()
    {
        await using var kit = await ToastKit.StartAsync(800, new ToastSimulatorOptions { Days = 60 });
        var sales = new List<Sale>();
        foreach (var location in await kit.LocationsAsync())
        {
            sales.AddRange((await kit.SalesAsync(location)).Sales());
        }

        Assert.Equal([SaleStatus.Open, SaleStatus.Closed, SaleStatus.Voided, SaleStatus.Deleted], sales.Select(s => s.Status).Distinct().Order());
        Assert.Contains(sales, s => s.Lines.Any(l => l.Voided) && s.Status == SaleStatus.Closed);
        Assert.Contains(sales, s => s.Lines.Select(l => l.GroupId).Distinct().Count() > 1);
        Assert.Contains(sales, s => s.Lines.Any(l => l.Modifiers.Any(m => m.Children.Count > 0)));
        Assert.Contains(sales, s => s.Charges.Any(c => c.IsGratuity));
        Assert.Contains(sales, s => s.Rounding.Minor != 0);
        Assert.Contains(sales, s => s.Refunds.Any(r => r.BusinessDate > s.BusinessDate && r.Tip.Minor > 0));
        Assert.Contains(sales, s => s.Payments.Any(p => p.Status == PaymentStatus.Failed));
        Assert.Contains(sales, s => s.Taxes.Any(t => t.RemittedByMarketplace));
        Assert.Contains(sales, s => s.Lines.Any(l => l.Kind == LineKind.GiftCard));
    }

    [Fact]
    public async Task An_order_that_lacks_any_one_of_its_members_or_has_a_null_there_is_still_read()
    {
        await using var kit = await ToastKit.StartAsync(200);
        var mapping = new SaleMapping(ScriptedToast.Location);
        var order = (await kit.SalesAsync(await kit.LocationAsync())).SelectMany(page => page.Changes).MaxBy(change => change.Raw.Length)!;
        var paths = Paths(JsonNode.Parse(order.Raw.Span)!.AsObject(), []).ToList();

        Assert.True(paths.Count > 60);
        foreach (var (path, absent) in paths.SelectMany(path => new[] { (path, true), (path, false) }))
        {
            var root = JsonNode.Parse(order.Raw.Span)!;
            var parent = path[..^1].Aggregate(root, static (node, step) => step is int index ? node[index]! : node[(string)step]!).AsObject();
            if (absent)
            {
                parent.Remove((string)path[^1]);
            }
            else
            {
                parent[(string)path[^1]] = null;
            }

            var sale = mapping.Map(JsonSerializer.Deserialize(root.ToJsonString(), ToastJson.Default.ToastOrder)!).Record!;
            Assert.Equal(sale.Total, sale.Total with { Currency = "USD" });
        }
    }

    private static IEnumerable<object[]> Paths(JsonNode? node, object[] at) => node switch
    {
        JsonObject members => members.SelectMany(member => Paths(member.Value, [.. at, member.Key]).Prepend([.. at, member.Key])),
        JsonArray items => items.SelectMany((item, i) => Paths(item, [.. at, i])),
        _ => [],
    };

    private static int Rank(string warning) => Array.IndexOf(["totals-mismatch", "lines-mismatch", "quantity-unreadable", "amount-not-whole", "amount-unreadable", "business-date-missing"], warning);
}
