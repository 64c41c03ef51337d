using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Drivers.Tests.Square;

public sealed class SaleMappingTests
{
    [Fact]
    public async Task Words_that_are_new_to_us_are_kept_as_they_are()
    {
        var square = new ScriptedSquare()
            .On("GET /v2/payments/P1", """{"payment":{"id":"P1","order_id":"O1","created_at":"2025-11-19T21:00:00Z","status":"SIMMERING","source_type":"BARTER","amount_money":{"amount":1000,"currency":"USD"},"refund_ids":["R1"]}}""")
            .On("GET /v2/refunds/R1", """{"refund":{"id":"R1","payment_id":"P1","created_at":"2025-11-19T22:00:00Z","status":"PONDERED","amount_money":{"amount":1000,"currency":"USD"},"reason":"why not"}}""");

        var sale = await square.SaleAsync("""
            {"id":"O1",TIMES,"state":"FLOATING","shape":{"new":[1,2]},"total_money":{"amount":1000,"currency":"USD"},
             "line_items":[{"uid":"a","quantity":"2","item_type":"HOLOGRAM","base_price_money":{"amount":500,"currency":"USD"},"gross_sales_money":{"amount":1000,"currency":"USD"},"total_money":{"amount":1000,"currency":"USD"}}],
             "tenders":[{"id":"P1","type":"BARTER","amount_money":{"amount":1000,"currency":"USD"}}]}
            """);

        var (payment, refund) = (Assert.Single(sale.Payments), Assert.Single(sale.Refunds));
        Assert.Equal((SaleStatus.Unknown, "FLOATING", LineKind.Unknown), (sale.Status, sale.RawStatus, sale.Lines[0].Kind));
        Assert.Equal((PaymentStatus.Unknown, "SIMMERING", PaymentMethod.Other, "BARTER"), (payment.Status, payment.RawStatus, payment.Method, payment.RawMethod));
        Assert.Equal((RefundStatus.Unknown, "PONDERED", 0), (refund.Status, refund.RawStatus, sale.Refunded.Minor));
        Assert.Equal(new DateTimeOffset(2025, 11, 19, 21, 0, 0, 500, TimeSpan.Zero), sale.ModifiedAt);
        Assert.Empty(sale.Warnings);
    }

    [Theory]
    [InlineData("US", 1000 - 91, 91, 0, false)]
    [InlineData("JP", 1000 - 91, 91, 0, false)]
    [InlineData("DE", 1000, 0, 91, true)]
    [InlineData(null, 1000, 0, 91, true)]
    public async Task Included_tax_is_outside_the_net_in_the_US_Canada_and_Japan_and_within_it_elsewhere(string? country, int gross, int tax, int within, bool taxIncluded)
    {
        var sale = await new ScriptedSquare().SaleAsync("""
            {"id":"O1",TIMES,"state":"COMPLETED","total_money":{"amount":1000,"currency":"USD"},"total_tax_money":{"amount":91,"currency":"USD"},
             "taxes":[{"uid":"t","type":"INCLUSIVE","name":"VAT","percentage":"10","applied_money":{"amount":91,"currency":"USD"}}],
             "line_items":[{"uid":"a","quantity":"1","gross_sales_money":{"amount":GROSS,"currency":"USD"},"total_tax_money":{"amount":91,"currency":"USD"},"total_money":{"amount":1000,"currency":"USD"},
               "applied_taxes":[{"tax_uid":"t","applied_money":{"amount":91,"currency":"USD"}}]}]}
            """.Replace("GROSS", $"{gross}", StringComparison.Ordinal), ScriptedSquare.Location with { Country = country });

        Assert.Equal((gross, tax, within, 1000), (sale.Net.Minor, sale.Tax.Minor, sale.TaxIncluded.Minor, sale.Total.Minor));
        Assert.Equal((91, taxIncluded), (sale.Lines[0].Tax.Minor, sale.Lines[0].TaxIncluded));
        Assert.Equal((10m, true), (sale.Taxes[0].RatePercent, sale.Taxes[0].Included));
        Assert.Empty(sale.Warnings);
    }

    [Theory]
    [InlineData("US", 1000, 110, 9)]
    [InlineData("CA", 1000, 110, 9)]
    [InlineData("AU", 1095, 15, 104)]
    public async Task One_line_may_have_a_tax_within_its_price_and_two_on_top_and_a_charge_keeps_its_own_within(string country, int net, int tax, int within)
    {
        var sale = await new ScriptedSquare().SaleAsync("""
            {"id":"O1",TIMES,"state":"COMPLETED","total_money":{"amount":1210,"currency":"USD"},"total_tax_money":{"amount":119,"currency":"USD"},"total_service_charge_money":{"amount":100,"currency":"USD"},
             "taxes":[{"uid":"in","type":"INCLUSIVE","name":"Bar","applied_money":{"amount":104,"currency":"USD"}},{"uid":"a","type":"ADDITIVE","name":"State","applied_money":{"amount":10,"currency":"USD"}},{"uid":"b","type":"ADDITIVE","name":"City","applied_money":{"amount":5,"currency":"USD"}}],
             "service_charges":[{"uid":"s","name":"Corkage","applied_money":{"amount":100,"currency":"USD"},"total_tax_money":{"amount":9,"currency":"USD"},"total_money":{"amount":100,"currency":"USD"},"applied_taxes":[{"tax_uid":"in","applied_money":{"amount":9,"currency":"USD"}}]}],
             "line_items":[{"uid":"l","quantity":"1","gross_sales_money":{"amount":GROSS,"currency":"USD"},"total_tax_money":{"amount":110,"currency":"USD"},"total_money":{"amount":1110,"currency":"USD"},
               "applied_taxes":[{"tax_uid":"in","applied_money":{"amount":95,"currency":"USD"}},{"tax_uid":"a","applied_money":{"amount":10,"currency":"USD"}},{"tax_uid":"b","applied_money":{"amount":5,"currency":"USD"}}]}]}
            """.Replace("GROSS", $"{net}", StringComparison.Ordinal), ScriptedSquare.Location with { Country = country });

        Assert.Equal((net, tax, within, 100, 1210), (sale.Net.Minor, sale.Tax.Minor, sale.TaxIncluded.Minor, sale.ServiceCharges.Minor, sale.Total.Minor));
        Assert.Equal((110, country == "AU", 9), (sale.Lines[0].Tax.Minor, sale.Lines[0].TaxIncluded, sale.Charges[0].Tax.Minor));
        Assert.Equal([(104, true), (10, false), (5, false)], sale.Taxes.Select(t => ((int)t.Amount.Minor, t.Included)));
        Assert.Empty(sale.Warnings);
    }

    [Fact]
    public async Task Every_kind_of_order_that_the_simulator_knows_occurs_and_is_told_apart()
    {
        await using var kit = await SquareKit.StartAsync(2_500);
        var sales = new List<Sale>();
        foreach (var location in await kit.LocationsAsync())
        {
            sales.AddRange((await kit.SalesAsync(location)).Sales());
        }

        Assert.Equal([SaleStatus.Open, SaleStatus.Closed, SaleStatus.Canceled], sales.Select(s => s.Status).Distinct().Order());
        Assert.Equal([SaleKind.Sale, SaleKind.Return, SaleKind.Exchange], sales.Select(s => s.Kind).Distinct().Order());
        Assert.Contains(sales, s => s is { Tax.Minor: > 0, TaxIncluded.Minor: > 0 });
        Assert.Contains(sales, s => s is { Lines.Count: > 0, Net.Minor: > 0, Tax.Minor: 0, TaxIncluded.Minor: 0, Taxes.Count: 0 });
        Assert.Contains(sales, s => s.Charges.Any(c => c.Tax.Minor > 0) && s.TaxIncluded.Minor > 0);
        Assert.Contains(sales, s => s.Lines.Any(l => l.Refunded?.Minor > 0) && s.Lines.Any(l => l.Refunded is null));
        Assert.Contains(sales, s => s.OpenedAt < s.ModifiedAt.AddDays(-1));
    }

    [Fact]
    public async Task A_tender_without_a_payment_of_its_own_is_the_payment_without_its_tip()
    {
        var sale = await new ScriptedSquare().SaleAsync("""
            {"id":"O1",TIMES,"state":"COMPLETED","total_money":{"amount":1200,"currency":"USD"},"total_tip_money":{"amount":200,"currency":"USD"},
             "tenders":[{"id":"T1","type":"CARD","amount_money":{"amount":1200,"currency":"USD"},"tip_money":{"amount":200,"currency":"USD"},"processing_fee_money":{"amount":35,"currency":"USD"},
               "created_at":"2025-11-19T21:00:00Z","card_details":{"status":"CAPTURED","card":{"card_brand":"VISA","last_4":"1111"}}}]}
            """);

        var payment = Assert.Single(sale.Payments);
        Assert.Equal((1000, 200, 35, PaymentStatus.Completed, PaymentMethod.Card), (payment.Amount.Minor, payment.Tip.Minor, payment.Fee!.Value.Minor, payment.Status, payment.Method));
        Assert.Equal(("VISA", "1111", "T1", "O1"), (payment.CardBrand, payment.Last4, payment.Ref.Id, payment.SaleId));
        Assert.Equal((1000, 1000), (sale.Gross.Minor, sale.Net.Minor));
    }

    [Fact]
    public async Task Sums_that_do_not_agree_are_a_warning_and_are_not_mended()
    {
        var sale = await new ScriptedSquare().SaleAsync("""
            {"id":"O1",TIMES,"state":"COMPLETED","total_money":{"amount":1001,"currency":"USD"},
             "line_items":[{"uid":"a","quantity":"a few","gross_sales_money":{"amount":1000,"currency":"EUR"},"total_money":{"amount":1000,"currency":"USD"}}]}
            """);

        Assert.Equal([SaleArithmetic.TotalsMismatch, "quantity-unreadable", "currencies-mixed"], sale.Warnings);
        Assert.Equal((1000, 1001), (sale.Gross.Minor, sale.Total.Minor));
    }

    [Fact]
    public async Task An_exchange_counts_what_was_sold_less_what_came_back()
    {
        var sale = await new ScriptedSquare().SaleAsync("""
            {"id":"O1",TIMES,"state":"COMPLETED","total_money":{"amount":2200,"currency":"USD"},"total_tax_money":{"amount":200,"currency":"USD"},
             "taxes":[{"uid":"t","type":"ADDITIVE","name":"Tax","applied_money":{"amount":200,"currency":"USD"}}],
             "line_items":[{"uid":"a","quantity":"1","gross_sales_money":{"amount":2000,"currency":"USD"},"total_tax_money":{"amount":200,"currency":"USD"},"total_money":{"amount":2200,"currency":"USD"}}],
             "returns":[{"source_order_id":"O0","return_amounts":{"total_money":{"amount":990,"currency":"USD"},"tax_money":{"amount":90,"currency":"USD"},"discount_money":{"amount":100,"currency":"USD"}},
               "return_taxes":[{"uid":"rt","type":"ADDITIVE","name":"Tax","applied_money":{"amount":90,"currency":"USD"}}],
               "return_line_items":[{"uid":"b","quantity":"2","gross_return_money":{"amount":1000,"currency":"USD"},"total_tax_money":{"amount":90,"currency":"USD"},"total_discount_money":{"amount":100,"currency":"USD"},"total_money":{"amount":990,"currency":"USD"},
                 "return_modifiers":[{"uid":"m","name":"Extra","total_price_money":{"amount":50,"currency":"USD"}}]}]}]}
            """);

        Assert.Equal((SaleKind.Exchange, "O0"), (sale.Kind, sale.OriginalSaleId));
        Assert.Equal((1000, -100, 1100, 110, 1210), (sale.Gross.Minor, sale.Discounts.Minor, sale.Net.Minor, sale.Tax.Minor, sale.Total.Minor));
        Assert.Equal((-2m, -1000, -900, -50), (sale.Lines[1].Quantity, sale.Lines[1].Gross.Minor, sale.Lines[1].Net.Minor, sale.Lines[1].Modifiers[0].Price.Minor));
        Assert.Empty(sale.Warnings);
    }

    [Fact]
    public async Task Discounts_charges_and_rounding_are_told_apart()
    {
        var sale = await new ScriptedSquare().SaleAsync("""
            {"id":"O1",TIMES,"state":"COMPLETED","version":7,"ticket_name":"Table 9","source":{"name":"Kiosk"},"fulfillments":[{"type":"PICKUP"}],
             "total_money":{"amount":2395,"currency":"USD"},"total_discount_money":{"amount":300,"currency":"USD"},"total_service_charge_money":{"amount":700,"currency":"USD"},"rounding_adjustment":{"amount_money":{"amount":-5,"currency":"USD"}},
             "discounts":[{"uid":"d1","scope":"ORDER","type":"FIXED_AMOUNT","name":"Friend","applied_money":{"amount":100,"currency":"USD"}},{"uid":"d2","scope":"LINE_ITEM","type":"VARIABLE_PERCENTAGE","percentage":"12.5","applied_money":{"amount":200,"currency":"USD"}}],
             "service_charges":[{"uid":"s1","name":"Gratuity","type":"AUTO_GRATUITY","applied_money":{"amount":500,"currency":"USD"}},{"uid":"s2","name":"Corkage","type":"CUSTOM","applied_money":{"amount":200,"currency":"USD"}}],
             "line_items":[{"uid":"a","name":"Wine","quantity":"1.375","quantity_unit":{"measurement_unit":{"type":"TYPE_VOLUME","volume_unit":"METRIC_LITER"}},"catalog_object_id":"V1","gross_sales_money":{"amount":2000,"currency":"USD"},"total_discount_money":{"amount":300,"currency":"USD"},"total_money":{"amount":1700,"currency":"USD"},
               "applied_discounts":[{"discount_uid":"d1","applied_money":{"amount":100,"currency":"USD"}},{"discount_uid":"d2","applied_money":{"amount":200,"currency":"USD"}}]}]}
            """);

        Assert.Equal([(100, null, DiscountKind.Amount, null), (200, "a", DiscountKind.Percent, (decimal?)12.5m)], sale.AppliedDiscounts.Select(d => ((int)d.Amount.Minor, d.LineId, d.Kind, d.Percent)));
        Assert.Equal([(500, true), (200, false)], sale.Charges.Select(c => ((int)c.Amount.Minor, c.IsGratuity)));
        Assert.Equal((700, -5, 1.375m, "METRIC_LITER"), (sale.ServiceCharges.Minor, sale.Rounding.Minor, sale.Lines[0].Quantity, sale.Lines[0].Unit));
        Assert.Equal((LineKind.Item, "V1", null), (sale.Lines[0].Kind, sale.Lines[0].VariationId, sale.Lines[0].CatalogItemId));
        Assert.Equal(("7", "Table 9", "Kiosk", "PICKUP"), (sale.Ref.Version, sale.Number, sale.Channel, sale.ServiceType));
        Assert.Equal(new DateOnly(2025, 11, 19), sale.BusinessDate);
        Assert.Empty(sale.Warnings);
    }

    [Fact]
    public async Task An_order_that_came_late_with_old_times_is_found_by_the_daily_scan()
    {
        const string old = """{"id":"OLD","created_at":"2025-11-18T10:00:00Z","updated_at":"2025-11-18T10:01:00Z","state":"COMPLETED","total_money":{"amount":0,"currency":"USD"}}""";
        var square = new ScriptedSquare();
        var first = await square.SalesAsync();
        square.On("POST /v2/orders/search", body => body.Contains("\"created_at\":{\"start_at\":\"2025-11-17T15:00:00.000Z\"", StringComparison.Ordinal) ? $$"""{"orders":[{{old}}]}""" : "{}");
        square.Clock.Advance(TimeSpan.FromHours(23));
        var before = await square.SalesAsync(first.End());
        square.Clock.Advance(TimeSpan.FromHours(1));

        var found = await square.SalesAsync(before.End());
        var after = await square.SalesAsync(found.End());

        Assert.Equal((0, 1, 0), (before.Ids().Count, found.Ids().Count, after.Ids().Count));
        Assert.Equal("OLD", found.Ids()[0]);
    }

    [Fact]
    public async Task A_refund_that_changed_without_its_payment_makes_its_sale_come_again()
    {
        const string order = """{"id":"O1","created_at":"2025-10-01T10:00:00Z","updated_at":"2025-10-01T10:00:00Z","state":"COMPLETED","total_money":{"amount":1000,"currency":"USD"},"tenders":[{"id":"P1","type":"CARD","amount_money":{"amount":1000,"currency":"USD"}}]}""";
        var square = new ScriptedSquare()
            .On("GET /v2/refunds?", """{"refunds":[{"id":"R1","payment_id":"P1","order_id":"O2","status":"COMPLETED","created_at":"2025-10-02T10:00:00Z","updated_at":"2025-11-19T10:00:00Z","amount_money":{"amount":400,"currency":"USD"}}]}""")
            .On("GET /v2/payments/P1", """{"payment":{"id":"P1","order_id":"O1","created_at":"2025-10-01T10:00:00Z","status":"COMPLETED","amount_money":{"amount":1000,"currency":"USD"},"refund_ids":["R1"]}}""")
            .On("POST /v2/orders/batch-retrieve", body => body.Contains("\"O2\"", StringComparison.Ordinal)
                ? """{"orders":[{"id":"O2","returns":[{"source_order_id":"O1"}]}]}"""
                : $$"""{"orders":[{{order}}]}""");

        var sale = Assert.Single((await square.SalesAsync()).Sales());

        Assert.Equal(("O1", 400, RefundStatus.Completed), (sale.Ref.Id, sale.Refunded.Minor, sale.Refunds[0].Status));
        Assert.Equal(new DateTimeOffset(2025, 11, 19, 10, 0, 0, TimeSpan.Zero), sale.ModifiedAt);
    }
}
