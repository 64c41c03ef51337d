using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Lightspeed;

namespace Sous.Plugins.Drivers.Tests.Simulators;

/// <summary>The rules by which K-Series answers, as its documentation has them.</summary>
public sealed class LightspeedRuleTests : LightspeedFixture
{
    [Theory]
    [InlineData("/f/data/businesses", 200)]
    [InlineData("/f/data/businesses?page=-1", 400)]
    [InlineData("/f/v2/business-location/own/sales", 400)]
    [InlineData("/f/v2/business-location/own/sales?from=2025-11-01", 400)]
    [InlineData("/f/v2/business-location/own/sales?from=2025-11-01T00:00:00", 400)]
    [InlineData("/f/v2/business-location/own/sales?from=2025-11-01T00:00:00Z", 200)]
    [InlineData("/f/v2/business-location/own/sales?from=2025-11-01T02:00:00%2B02:00&to=2025-11-02T00:00:00.000Z", 200)]
    [InlineData("/f/v2/business-location/own/sales?from=2024-11-20T15:00:00Z", 200)]
    [InlineData("/f/v2/business-location/own/sales?from=2024-11-20T14:59:59Z", 400)]
    [InlineData("/f/v2/business-location/own/sales?from=2024-11-20T15:00:00Z&to=2030-01-01T00:00:00Z", 200)]
    [InlineData("/f/v2/business-location/own/sales?from=2025-11-02T00:00:00Z&to=2025-11-01T00:00:00Z", 400)]
    [InlineData("/f/v2/business-location/own/sales?from=2025-11-01T00:00:00Z&pageSize=101", 400)]
    [InlineData("/f/v2/business-location/own/sales?from=2025-11-01T00:00:00Z&nextPageToken=made-up", 400)]
    [InlineData("/f/v2/business-location/own/sales?from=2025-11-01T00:00:00Z&include=payments,staff,table", 200)]
    [InlineData("/f/v2/business-location/own/sales?from=2025-11-01T00:00:00Z&include=everything", 400)]
    [InlineData("/f/v2/business-location/4711/sales?from=2025-11-01T00:00:00Z", 403)]
    [InlineData("/f/v2/business-location/own/sales-daily", 400)]
    [InlineData("/f/v2/business-location/own/sales-daily?date=20251101", 400)]
    [InlineData("/f/v2/business-location/own/sales-daily?date=2025-11-01", 200)]
    [InlineData("/f/finance/own/tax-rates", 200)]
    [InlineData("/f/finance/own/paymentMethods", 200)]
    [InlineData("/f/finance/own/accountingGroups", 200)]
    [InlineData("/items/v1/items", 400)]
    [InlineData("/items/v1/items?businessLocationId=own", 200)]
    [InlineData("/items/v1/items?businessLocationId=own&amount=1001", 400)]
    [InlineData("/nowhere", 404)]
    public async Task Each_demand_is_answered_by_its_rule(string path, int status)
        => Assert.Equal(status, (await Caller.GetAsync(path.Replace("own", Madrid, StringComparison.Ordinal))).Status);

    [Fact]
    public async Task Sales_come_whole_and_in_the_order_of_their_closing_page_by_page()
    {
        foreach (var location in Lightspeed.Truth.Locations)
        {
            var sales = await Caller.SalesAsync(location.Id, Clock.GetUtcNow().AddDays(-60), Clock.GetUtcNow(), pageSize: 17);

            Assert.Equal(location.DocumentIds, sales.Select(sale => Text(sale, "accountFiscId")));
            Assert.Equal(sales.Select(sale => Text(sale, "timeClosed")).Order(StringComparer.Ordinal), sales.Select(sale => Text(sale, "timeClosed")));
        }
    }

    [Fact]
    public async Task A_page_holds_fifty_where_nothing_is_said_and_payments_come_only_when_asked_for()
    {
        var page = (await Caller.GetAsync($"/f/v2/business-location/{Madrid}/sales?from=2025-10-01T00:00:00Z")).Json;

        Assert.Equal(50, page.GetProperty("sales").GetArrayLength());
        Assert.All(page.GetProperty("sales").EnumerateArray(), sale => Assert.False(sale.TryGetProperty("payments", out _)));
        Assert.True(page.TryGetProperty("nextPageToken", out _));
    }

    [Fact]
    public async Task A_line_adds_up_to_six_decimals_with_the_tax_within_it_or_on_top()
    {
        var all = new List<JsonElement>();
        foreach (var location in Lightspeed.Truth.Locations)
        {
            var lines = (await Caller.SalesAsync(location.Id, Clock.GetUtcNow().AddDays(-60), Clock.GetUtcNow())).SelectMany(sale => sale.GetProperty("salesLines").EnumerateArray()).ToList();

            Assert.All(lines, line =>
            {
                Assert.Equal(Amount(line, "totalNetAmountWithTax"), Amount(line, "totalNetAmountWithoutTax") + Amount(line, "taxAmount") + Amount(line, "serviceCharge"));
                Assert.Equal(Amount(line, "totalDiscountAmount"), Amount(line, "discountAmount") + Amount(line, "accountDiscountAmount"));
                Assert.Equal(6, Text(line, "totalNetAmountWithoutTax").Split('.')[1].Length);
                Assert.All(line.GetProperty("taxLines").EnumerateArray(), tax => Assert.Equal(location.TaxIncluded, tax.GetProperty("taxIncluded").GetBoolean()));
                if (!line.TryGetProperty("voidReason", out _))
                {
                    var listed = Amount(line, "menuListPrice") * Amount(line, "quantity");
                    var left = Amount(line, location.TaxIncluded ? "totalNetAmountWithTax" : "totalNetAmountWithoutTax") - (location.TaxIncluded ? Amount(line, "serviceCharge") : 0);
                    Assert.Equal(listed, left + Amount(line, "totalDiscountAmount"));
                }
            });
            all.AddRange(lines);
        }

        Assert.Contains(all, line => line.TryGetProperty("parentLineId", out var parent) && all.Any(other => Text(other, "id") == parent.GetString()));
        Assert.Contains(all, line => Amount(line, "serviceCharge") > 0);
        Assert.Contains(all, line => Amount(line, "discountAmount") > 0);
        Assert.Contains(all, line => Amount(line, "accountDiscountAmount") > 0);
        Assert.Contains(all, line => line.TryGetProperty("voidReason", out _));
    }

    [Fact]
    public async Task Corrections_are_documents_of_their_own_that_name_what_they_correct()
    {
        var sales = await Caller.SalesAsync(Madrid, Clock.GetUtcNow().AddDays(-60), Clock.GetUtcNow());
        var byId = sales.ToDictionary(sale => Text(sale, "accountFiscId"));

        Assert.Superset(new HashSet<string> { "SALE", "REFUND", "VOID", "CANCEL" }, sales.Select(sale => Text(sale, "type")).ToHashSet());
        foreach (var refund in sales.Where(sale => Text(sale, "type") == "REFUND"))
        {
            Assert.Equal("SALE", Text(byId[Text(refund.GetProperty("source"), "initialAccountId")], "type"));
            Assert.All(refund.GetProperty("payments").EnumerateArray(), payment => Assert.True(Amount(payment, "netAmountWithTax") < 0));
        }

        Assert.All(sales.Where(sale => Text(sale, "type") is "VOID" or "CANCEL"), sale => Assert.Equal(0, sale.GetProperty("payments").GetArrayLength()));
        Assert.All(sales, sale => Assert.Equal(Text(sale, "type") == "CANCEL", sale.GetProperty("cancelled").GetBoolean()));
    }

    [Fact]
    public async Task A_refund_changes_nothing_but_adds_a_document_and_a_late_till_adds_one_in_the_past()
    {
        var before = await Caller.SalesAsync(Madrid, Clock.GetUtcNow().AddDays(-60), Clock.GetUtcNow());
        var sale = Lightspeed.Changes.AddSale(Madrid, TimeSpan.FromHours(30));
        Clock.Advance(TimeSpan.FromDays(3));
        var refund = Lightspeed.Changes.Refund(sale);
        using var caller = new LightspeedCaller(Lightspeed);

        var after = await caller.SalesAsync(Madrid, Clock.GetUtcNow().AddDays(-63), Clock.GetUtcNow());

        Assert.Equal(before.Select(one => one.GetRawText()), after.Where(one => Text(one, "accountFiscId") != sale && Text(one, "accountFiscId") != refund).Select(one => one.GetRawText()));
        Assert.Equal(sale, Text(after[^1].GetProperty("source"), "initialAccountId"));
        Assert.NotEqual(sale, Text(after[^2], "accountFiscId"));
    }

    [Fact]
    public async Task A_business_day_starts_at_the_locations_own_hour_also_where_clocks_change()
    {
        foreach (var location in Lightspeed.Truth.Locations)
        {
            foreach (var day in Lightspeed.Truth.Days(location.Id))
            {
                var answer = (await Caller.GetAsync($"/f/v2/business-location/{location.Id}/sales-daily?date={day.Day:yyyy-MM-dd}&include=payments")).Json;
                var next = DateTimeOffset.Parse(Text(answer, "nextStartOfDayAsIso8601"), CultureInfo.InvariantCulture);

                var counting = answer.GetProperty("sales").EnumerateArray().Count(sale => Text(sale, "type") is "SALE" or "REFUND");
                Assert.Equal((day.Sales, location.DayStart, day.Day.AddDays(1)), (counting, next.TimeOfDay, DateOnly.FromDateTime(next.DateTime)));
                Assert.Equal(TimeZoneInfo.FindSystemTimeZoneById(location.TimeZone).GetUtcOffset(next), next.Offset);
                Assert.Equal(next <= Clock.GetUtcNow(), answer.GetProperty("dataComplete").GetBoolean());
            }
        }
    }

    [Fact]
    public async Task One_account_closed_just_after_the_day_began_and_was_paid_before()
    {
        var sales = (await Task.WhenAll(Lightspeed.Truth.Locations.Select(async location => (location, list: await Caller.SalesAsync(location.Id, Clock.GetUtcNow().AddDays(-60), Clock.GetUtcNow())))))
            .SelectMany(pair => pair.list.Select(sale => (pair.location, sale)));

        Assert.Contains(sales, pair => pair.sale.GetProperty("payments").EnumerateArray().Any(payment =>
            DayOf(pair.location, Text(payment, "fiscDate")) < DayOf(pair.location, Text(pair.sale, "timeClosed"))));
    }

    [Fact]
    public async Task Cash_is_rounded_where_small_coins_are_gone()
    {
        var zurich = Lightspeed.Truth.Locations.Single(location => location.Currency == "CHF");
        var cash = (await Caller.SalesAsync(zurich.Id, Clock.GetUtcNow().AddDays(-60), Clock.GetUtcNow()))
            .SelectMany(sale => sale.GetProperty("payments").EnumerateArray()).Where(payment => Text(payment, "code") == "CASH").ToList();

        Assert.All(cash, payment => Assert.Equal(0, Amount(payment, "netAmountWithTax") % 0.05m));
        Assert.Contains(cash, payment => Amount(payment, "roundingAmount") != 0);
    }

    [Fact]
    public async Task Items_come_by_offset_and_may_come_as_one_object()
    {
        await using var odd = await LightspeedSimulator.StartAsync(new LightspeedSimulatorOptions { Accounts = 0, SingleItemAsObject = true }, Clock, TestContext.Current.CancellationToken);
        using var other = new LightspeedCaller(odd);
        var ids = Lightspeed.Truth.Locations[0].ItemIds;

        var first = (await Caller.GetAsync($"/items/v1/items?businessLocationId={Madrid}&offset=0&amount=20")).Json;
        var rest = (await Caller.GetAsync($"/items/v1/items?businessLocationId={Madrid}&offset=20&amount=1000")).Json;
        var named = (await Caller.GetAsync($"/items/v1/items?businessLocationId={Madrid}&itemIds={ids[3]}")).Json;
        var alone = (await other.GetAsync($"/items/v1/items?businessLocationId={Madrid}&itemIds={ids[3]}")).Json;

        Assert.Equal(ids, first.EnumerateArray().Concat(rest.EnumerateArray()).Select(item => Text(item, "id")));
        Assert.Equal((ids[3], ids[3]), (Text(named[0], "id"), Text(alone, "id")));
    }

    [Theory]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(false, false, true)]
    public async Task A_walk_can_be_led_astray(bool repeats, bool standsStill, bool drops)
    {
        Lightspeed.Chaos = new Chaos { PathPrefix = "/f/", RepeatCursor = repeats, CursorStandsStill = standsStill, DropCursor = drops };
        var path = $"/f/v2/business-location/{Madrid}/sales?from=2025-10-15T00:00:00Z&pageSize=5";
        var tokens = new List<string?>();
        for (var i = 0; i < 4; i++)
        {
            tokens.Add((await Caller.GetAsync(path + (tokens.Count > 0 && tokens[^1] is { } token ? $"&nextPageToken={token}" : ""))).Member("nextPageToken"));
        }

        Assert.Equal(drops ? 1 : standsStill ? 1 : 2, tokens.Distinct().Count());
    }

    [Fact]
    public async Task Two_simulators_of_one_seed_serve_the_same_bytes()
    {
        await using var twin = await LightspeedSimulator.StartAsync(Lightspeed.Options, new FakeTimeProvider(Clock.GetUtcNow()), TestContext.Current.CancellationToken);
        using var other = new LightspeedCaller(twin);

        var (from, to) = (Clock.GetUtcNow().AddDays(-25), Clock.GetUtcNow());

        Assert.Equal((await Caller.SalesAsync(Madrid, from, to)).Select(sale => sale.GetRawText()), (await other.SalesAsync(Madrid, from, to)).Select(sale => sale.GetRawText()));
    }

    private static DateOnly DayOf(LightspeedLocationTruth location, string time)
        => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture), TimeZoneInfo.FindSystemTimeZoneById(location.TimeZone)).DateTime - location.DayStart);

    private static string Text(JsonElement element, string name) => element.GetProperty(name).ToString();

    private static decimal Amount(JsonElement element, string name) => decimal.Parse(Text(element, name), CultureInfo.InvariantCulture);
}
