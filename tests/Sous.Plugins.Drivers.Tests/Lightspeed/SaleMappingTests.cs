using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Drivers.Tests.Lightspeed;

public sealed class SaleMappingTests
{
    private const string Burger = """
        {"id":"S1","totalNetAmountWithTax":"11.000000","totalNetAmountWithoutTax":"10.000000","taxAmount":"1.000000","menuListPrice":"11.00","quantity":"1.000","name":"Burger","sku":"52",
         "taxLines":[{"taxId":"7","taxCode":"IVA10","taxRate":"1.1","taxAmount":"1.000000","taxIncluded":true}],"accountingGroup":{"accountingGroupId":141948669132845,"name":"Food"}}
        """;

    private static readonly string[] WithVoids = ["SALE", "REFUND", "VOID"];

    private static readonly Location Brooklyn = ScriptedLightspeed.Location with { TimeZone = "America/New_York", Currency = "USD" };

    [Fact]
    public async Task A_sale_is_mapped_whole()
    {
        var sale = await new ScriptedLightspeed().SaleAsync($$"""
            "receiptId":"R1","type":"SALE","cancelled":false,"nbCovers":2.0,"dineIn":true,"deviceName":"ipad9","salesLines":[{{Burger}}],
            "payments":[{"uuid":"p1","code":"VISA","netAmountWithTax":"11.00","tip":"2.00","surcharge":"0.00","roundingAmount":"0.00","fiscDate":"2025-11-18T20:00:00.000Z","type":"NORMAL"}]}
            """);

        Assert.Empty(sale.Warnings);
        Assert.Equal((SaleKind.Sale, SaleStatus.Closed, "R1", "ipad9", "dine in", 2), (sale.Kind, sale.Status, sale.Number, sale.Channel, sale.ServiceType, sale.Guests));
        Assert.Equal((1_100, 0, 1_100, 0, 100, 200, 0, 1_300), (sale.Gross.Minor, sale.Discounts.Minor, sale.Net.Minor, sale.Tax.Minor, sale.TaxIncluded.Minor, sale.Tips.Minor, sale.Rounding.Minor, sale.Total.Minor));
        Assert.Equal((new DateOnly(2025, 11, 18), BusinessDateSource.Derived), (sale.BusinessDate, sale.DateSource));
        Assert.Equal(sale.ClosedAt, sale.ModifiedAt);
        var line = Assert.Single(sale.Lines);
        Assert.Equal(("52", null, "141948669132845", 1m, 1_100, 1_100, 100, true), (line.VariationId, line.CatalogItemId, line.CategoryId, line.Quantity, line.UnitPrice.Minor, line.Net.Minor, line.Tax.Minor, line.TaxIncluded));
        var tax = Assert.Single(sale.Taxes);
        Assert.Equal(("7", "IVA10", 10m, 100, true), (tax.TaxId, tax.Name, tax.RatePercent, tax.Amount.Minor, tax.Included));
        var payment = Assert.Single(sale.Payments);
        Assert.Equal(("p1", PaymentMethod.Card, PaymentStatus.Completed, 1_100, 200, sale.BusinessDate), (payment.Ref.Id, payment.Method, payment.Status, payment.Amount.Minor, payment.Tip.Minor, payment.BusinessDate));
    }

    [Fact]
    public async Task Tax_on_top_stays_outside_of_the_net()
    {
        var sale = await new ScriptedLightspeed().SaleAsync("""
            "type":"SALE","salesLines":[{"id":"S1","totalNetAmountWithTax":"10.887500","totalNetAmountWithoutTax":"10.000000","taxAmount":"0.887500","menuListPrice":"10.00","quantity":"1.000",
             "taxLines":[{"taxId":"1","taxRate":"1.04","taxAmount":"0.400000","taxIncluded":false},{"taxId":"2","taxRate":"1.04875","taxAmount":"0.487500","taxIncluded":false}]}],
            "payments":[{"uuid":"p","code":"CASH","netAmountWithTax":"10.89","tip":"0.00"}]}
            """, Brooklyn);

        Assert.Empty(sale.Warnings);
        Assert.Equal((1_000, 89, 0, 0, 1_089), (sale.Net.Minor, sale.Tax.Minor, sale.TaxIncluded.Minor, sale.Rounding.Minor, sale.Total.Minor));
        Assert.Equal([(4m, 40), (4.875m, 49)], sale.Taxes.Select(tax => (tax.RatePercent!.Value, (int)tax.Amount.Minor)));
    }

    [Fact]
    public async Task Six_decimals_are_added_up_first_and_rounded_once_half_to_even_with_the_difference_as_rounding()
    {
        var line = """{"id":"ID","totalNetAmountWithTax":"0.335000","totalNetAmountWithoutTax":"0.335000","taxAmount":"0.000000","menuListPrice":"0.34","quantity":"1.000"}""";
        var lines = string.Join(',', Enumerable.Range(1, 3).Select(i => line.Replace("ID", $"S{i}", StringComparison.Ordinal)));

        var sale = await new ScriptedLightspeed().SaleAsync($$""" "type":"SALE","salesLines":[{{lines}}],"payments":[{"uuid":"p","code":"CASH","netAmountWithTax":"1.01","tip":"0"}]} """);

        // 1.005 is 1.00, each line 0.335 is 0.34, and 1.01 was paid.
        Assert.Equal((100, 1, 101), (sale.Gross.Minor, sale.Rounding.Minor, sale.Total.Minor));
        Assert.All(sale.Lines, one => Assert.Equal(34, one.Gross.Minor));
        Assert.Empty(sale.Warnings);
    }

    [Fact]
    public async Task Modifiers_count_within_the_line_that_they_hang_on_as_deep_as_they_go()
    {
        var sale = await new ScriptedLightspeed().SaleAsync("""
            "type":"SALE","salesLines":[
              {"id":"S1","totalNetAmountWithTax":"10","totalNetAmountWithoutTax":"10","taxAmount":"0","menuListPrice":"10","quantity":"1","name":"Burger"},
              {"id":"S2","parentLineId":"S1","totalNetAmountWithTax":"1.5","totalNetAmountWithoutTax":"1.5","taxAmount":"0","menuListPrice":"1.50","quantity":"1","name":"Cheese"},
              {"id":"S3","parentLineId":"S2","totalNetAmountWithTax":"0.25","totalNetAmountWithoutTax":"0.25","taxAmount":"0","menuListPrice":"0.25","quantity":"1","name":"Aged"},
              {"id":"S4","parentLineId":"S1","totalNetAmountWithTax":"0","totalNetAmountWithoutTax":"0","taxAmount":"0","menuListPrice":"2","quantity":"1","name":"Egg","voidReason":"Out of eggs"},
              {"id":"S5","parentLineId":"gone","totalNetAmountWithTax":"3","totalNetAmountWithoutTax":"3","taxAmount":"0","menuListPrice":"3","quantity":"1","name":"Orphan"}],
            "payments":[{"uuid":"p","code":"CASH","netAmountWithTax":"14.75"}]}
            """);

        Assert.Empty(sale.Warnings);
        Assert.Equal([("S1", 1_175), ("S5", 300)], sale.Lines.Select(line => (line.LineId, (int)line.Gross.Minor)));
        var cheese = Assert.Single(sale.Lines[0].Modifiers);
        Assert.Equal(("Cheese", 150, "Aged", 25), (cheese.Name, (int)cheese.Price.Minor, cheese.Children[0].Name, (int)cheese.Children[0].Price.Minor));
        Assert.Equal("gone", sale.Lines[1].ParentLineId);
    }

    [Fact]
    public async Task Discounts_of_line_and_account_are_parted_and_a_service_charge_is_no_net()
    {
        var sale = await new ScriptedLightspeed().SaleAsync("""
            "type":"SALE","salesLines":[
              {"id":"S1","totalNetAmountWithTax":"8.80","totalNetAmountWithoutTax":"8.00","serviceCharge":"0.80","serviceChargeRate":"10.00","taxAmount":"0","menuListPrice":"10","quantity":"1","name":"A",
               "discountAmount":"1.00","discountCode":"10PCT","discountName":"10% Discount","accountDiscountAmount":"1.00","accountDiscountCode":"STAFF","accountDiscountName":"Staff","totalDiscountAmount":"2.00"},
              {"id":"S2","totalNetAmountWithTax":"9.90","totalNetAmountWithoutTax":"9.00","serviceCharge":"0.90","serviceChargeRate":"10.00","taxAmount":"0","menuListPrice":"10","quantity":"1","name":"B",
               "discountAmount":"0","accountDiscountAmount":"1.00","accountDiscountCode":"STAFF","accountDiscountName":"Staff","totalDiscountAmount":"1.00"}],
            "payments":[{"uuid":"p","code":"CASH","netAmountWithTax":"18.70"}]}
            """);

        Assert.Empty(sale.Warnings);
        Assert.Equal((2_000, 300, 1_700, 170, 1_870), (sale.Gross.Minor, sale.Discounts.Minor, sale.Net.Minor, sale.ServiceCharges.Minor, sale.Total.Minor));
        Assert.Equal([("10PCT", "S1", 100), ("STAFF", null, 200)], sale.AppliedDiscounts.Select(discount => (discount.Id, discount.LineId, (int)discount.Amount.Minor)));
        Assert.Equal(("Service charge 10 %", 170), (Assert.Single(sale.Charges).Name, (int)sale.Charges[0].Amount.Minor));
    }

    [Theory]
    [InlineData("VOID", false, SaleKind.Correction, SaleStatus.Voided)]
    [InlineData("CANCEL", true, SaleKind.Correction, SaleStatus.Canceled)]
    [InlineData("SALE", true, SaleKind.Sale, SaleStatus.Canceled)]
    [InlineData("TRANSFER", false, SaleKind.Correction, SaleStatus.Unknown)]
    [InlineData("BRAND_NEW", false, SaleKind.Correction, SaleStatus.Unknown)]
    public async Task Only_sales_and_refunds_count(string type, bool cancelled, SaleKind kind, SaleStatus status)
    {
        var sale = await new ScriptedLightspeed().SaleAsync($$""" "type":"{{type}}","cancelled":{{(cancelled ? "true" : "false")}},"voidReason":"Unhappy","salesLines":[{{Burger}}],"payments":[]} """);

        Assert.Equal((kind, status, type == "SALE" ? null : type, status == SaleStatus.Unknown ? type : null), (sale.Kind, sale.Status, sale.RawKind, sale.RawStatus));
        Assert.Empty(sale.Warnings);
        Assert.Equal(status is SaleStatus.Voided or SaleStatus.Canceled, sale.Lines[0].Voided);
    }

    [Fact]
    public async Task An_operator_may_count_another_type_and_money_that_is_not_counted_is_told()
    {
        var document = $$""" "type":"VOID","salesLines":[{{Burger}}],"payments":[{"uuid":"p","code":"CASH","netAmountWithTax":"11.00"}]} """;

        var plain = await new ScriptedLightspeed().SaleAsync(document);
        var counted = await new ScriptedLightspeed(new { countedTypes = WithVoids }).SaleAsync(document);

        Assert.Equal((SaleStatus.Voided, PaymentStatus.Voided), (plain.Status, plain.Payments[0].Status));
        Assert.Equal(["money-not-counted"], plain.Warnings);
        Assert.Equal((SaleStatus.Closed, PaymentStatus.Completed, 1_100), (counted.Status, counted.Payments[0].Status, counted.Net.Minor));
    }

    [Fact]
    public async Task A_refund_is_negative_and_its_money_is_a_refund()
    {
        var back = """
            "type":"REFUND","source":{"initialAccountId":"A1.0","previousAccountId":"A1.0"},
            "salesLines":[{"id":"S1","totalNetAmountWithTax":"-11","totalNetAmountWithoutTax":"-10","taxAmount":"-1","menuListPrice":"11","quantity":"-1.000","name":"Burger",
              "taxLines":[{"taxId":"7","taxRate":"1.1","taxAmount":"-1","taxIncluded":true}]}],
            "payments":[{"uuid":"r","code":"VISA","netAmountWithTax":"-11.00","tip":"-2.00"}]}
            """;

        var signed = await new ScriptedLightspeed().SaleAsync(back);
        var unsigned = await new ScriptedLightspeed(new { refundAmounts = "unsigned" }).SaleAsync(back.Replace("\"-", "\"", StringComparison.Ordinal));

        Assert.Empty(signed.Warnings);
        Assert.Equal((-1_100, -100, -1_300, -1m, 1_100), (signed.Net.Minor, signed.TaxIncluded.Minor, signed.Total.Minor, signed.Lines[0].Quantity, signed.Lines[0].UnitPrice.Minor));
        Assert.Equal((1_300, 200, "A1.0", RefundStatus.Completed), (signed.Refunds[0].Amount.Minor, signed.Refunds[0].Tip.Minor, signed.Refunds[0].SaleId, signed.Refunds[0].Status));
        Assert.Equal((signed.Net, signed.Total, signed.Refunded, signed.Refunds[0], signed.Lines[0].Quantity), (unsigned.Net, unsigned.Total, unsigned.Refunded, unsigned.Refunds[0], unsigned.Lines[0].Quantity));
    }

    [Fact]
    public async Task A_discount_told_without_tax_is_put_in_the_terms_of_the_price()
    {
        var sale = await new ScriptedLightspeed(new { discountAmounts = "without_tax" }).SaleAsync("""
            "type":"SALE","salesLines":[{"id":"S1","totalNetAmountWithTax":"9.90","totalNetAmountWithoutTax":"9.00","taxAmount":"0.90","menuListPrice":"11.00","quantity":"1.000",
             "taxLines":[{"taxId":"7","taxRate":"1.1","taxAmount":"0.90","taxIncluded":true}],"discountAmount":"1.000000","totalDiscountAmount":"1.000000"}],
            "payments":[{"uuid":"p","code":"CASH","netAmountWithTax":"9.90"}]}
            """);

        Assert.Equal((1_100, 110, 990), (sale.Gross.Minor, sale.Discounts.Minor, sale.Net.Minor));
        Assert.Empty(sale.Warnings);
    }

    [Theory]
    [InlineData("\"totalNetAmountWithTax\":\"11.000000\"", "\"totalNetAmountWithTax\":\"12.000000\"", "totals-mismatch")]
    [InlineData("\"taxAmount\":\"1.000000\",\"menuListPrice\"", "\"taxAmount\":\"1.000000\",\"menuListPrice\"", null)]
    [InlineData("\"taxAmount\":\"1.000000\",\"taxIncluded\"", "\"taxAmount\":\"0.500000\",\"taxIncluded\"", "parts-mismatch tax-mismatch")]
    [InlineData("\"quantity\":\"1.000\"", "\"quantity\":\"many\"", "quantity-unreadable")]
    [InlineData("\"menuListPrice\":\"11.00\"", "\"menuListPrice\":\"1e30\"", "amount-unreadable")]
    public async Task What_does_not_add_up_or_cannot_be_read_is_a_warning(string was, string now, string? warning)
    {
        var sale = await new ScriptedLightspeed().SaleAsync(
            $$""" "type":"SALE","salesLines":[{{Burger.Replace(was, now, StringComparison.Ordinal)}}],"payments":[{"uuid":"p","code":"CASH","netAmountWithTax":"11.00"}]} """);

        Assert.Equal(warning ?? "", string.Join(' ', sale.Warnings));
    }

    [Theory]
    [InlineData("10.99", 1_099, -1, null)]
    [InlineData("11.01", 1_101, 1, null)]
    [InlineData("12.00", 1_100, 0, "payments-mismatch")]
    [InlineData("11.005", 1_100, 0, "amount-not-whole")]
    public async Task What_was_paid_is_the_total_where_rounding_explains_the_difference_and_else_a_warning(string paid, long total, long rounding, string? warning)
    {
        var sale = await new ScriptedLightspeed().SaleAsync($$""" "type":"SALE","salesLines":[{{Burger}}],"payments":[{"uuid":"p","code":"CASH","netAmountWithTax":"{{paid}}"}]} """);

        Assert.Equal((total, rounding), (sale.Total.Minor, sale.Rounding.Minor));
        Assert.Equal(warning is null ? [] : [warning], sale.Warnings);
    }

    [Fact]
    public async Task Tax_without_its_lines_is_taken_as_added_and_told()
    {
        var sale = await new ScriptedLightspeed().SaleAsync("""
            "type":"SALE","salesLines":[{"id":"S1","totalNetAmountWithTax":"11","totalNetAmountWithoutTax":"10","taxAmount":"1","menuListPrice":"11","quantity":"1"}],"payments":[{"uuid":"p","code":"CASH","netAmountWithTax":"11"}]}
            """);

        Assert.Equal((1_000, 100, 0), (sale.Net.Minor, sale.Tax.Minor, sale.TaxIncluded.Minor));
        Assert.Equal(["tax-inclusion-unknown"], sale.Warnings);
    }

    [Fact]
    public async Task A_sale_just_before_the_day_starts_belongs_to_the_day_before_and_its_payments_with_it()
    {
        var scripted = new ScriptedLightspeed();
        // Days start at five: Madrid is one hour ahead.
        scripted.On("/sales?", $$"""
            {"sales":[{"accountFiscId":"A1.1","type":"SALE","timeClosed":"2025-11-18T03:59:59.999Z","salesLines":[{{Burger}}],"payments":[{"uuid":"p","code":"CASH","netAmountWithTax":"11.00"}]},
                      {"accountFiscId":"A1.2","type":"SALE","timeClosed":"2025-11-18T04:00:00.000Z","salesLines":[{{Burger}}],"payments":[{"uuid":"q","code":"CASH","netAmountWithTax":"11.00","fiscDate":"2025-11-18T03:59:58.000Z"}]}]}
            """);

        var sales = (await scripted.SalesAsync()).Sales();

        Assert.Equal([new DateOnly(2025, 11, 17), new DateOnly(2025, 11, 18)], sales.Select(sale => sale.BusinessDate));
        Assert.Equal(sales.Select(sale => sale.BusinessDate), sales.Select(sale => sale.Payments[0].BusinessDate));
    }

    [Theory]
    [InlineData("CASH", "NORMAL", PaymentMethod.Cash)]
    [InlineData("MC", "NORMAL", PaymentMethod.Card)]
    [InlineData("GIFTCARD", "NORMAL", PaymentMethod.GiftCard)]
    [InlineData("ROOM", "ACCOUNTS_RECEIVABLE", PaymentMethod.HouseAccount)]
    [InlineData("BIZUM", "NORMAL", PaymentMethod.Other)]
    public async Task Ways_to_pay_are_the_owners_words(string code, string type, PaymentMethod method)
    {
        var sale = await new ScriptedLightspeed(new { paymentMethods = new { MC = "card" } })
            .SaleAsync($$""" "type":"SALE","salesLines":[{{Burger}}],"payments":[{"uuid":"p","code":"{{code}}","netAmountWithTax":"11.00","type":"{{type}}"}]} """);

        Assert.Equal((method, code), (sale.Payments[0].Method, sale.Payments[0].RawMethod));
    }
}
