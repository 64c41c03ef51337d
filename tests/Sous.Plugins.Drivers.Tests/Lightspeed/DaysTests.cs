using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Simulators.Lightspeed;

namespace Sous.Plugins.Drivers.Tests.Lightspeed;

public sealed class DaysTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>What K-Series' documentation leaves open, each way, with the settings that tell the driver.</summary>
    public static TheoryData<LightspeedSimulatorOptions, object> Readings => new()
    {
        { new LightspeedSimulatorOptions(), new { } },
        { new LightspeedSimulatorOptions { RefundsUnsigned = true }, new { refundAmounts = "unsigned" } },
        { new LightspeedSimulatorOptions { ServiceChargeInTotal = false }, new { serviceChargeInTotal = false } },
        { new LightspeedSimulatorOptions { TipInPayment = true, SurchargeInPayment = true, RoundingInPayment = false }, new { tipInPayment = true, surchargeInPayment = true, roundingInPayment = false } },
    };

    [Theory]
    [MemberData(nameof(Readings), DisableDiscoveryEnumeration = true)]
    public async Task Every_business_day_of_every_location_ties_out_with_the_simulators_truth_and_by_the_days_own_list(LightspeedSimulatorOptions options, object settings)
    {
        // A month holds the days on which clocks change on both sides.
        await using var kit = await LightspeedKit.StartAsync(700, options with { Days = 30 }, settings);
        foreach (var location in await kit.LocationsAsync())
        {
            var sales = (await kit.SalesAsync(location)).Sales();
            var byDay = sales.Where(sale => sale.Status == SaleStatus.Closed).ToLookup(sale => sale.BusinessDate);
            var days = kit.Lightspeed.Truth.Days(location.Ref.Id);

            Assert.Equal(days.Select(day => day.Day), byDay.Select(group => group.Key).Order());
            Assert.Equal(kit.TruthOf(location.Ref.Id).DayStart, location.BusinessDayStart);
            foreach (var day in days)
            {
                Assert.Equal(day, Truth(day.Day, byDay[day.Day].ToList()));
                var totals = await kit.Totals.ReadDayTotalsAsync(location, day.Day, Token);
                Assert.Equal(day, Truth(day.Day, totals));
            }
        }
    }

    [Fact]
    public async Task Discounts_that_are_told_without_tax_come_to_the_same_give_or_take_what_a_second_rounding_costs()
    {
        await using var kit = await LightspeedKit.StartAsync(700, new LightspeedSimulatorOptions { Days = 30, DiscountsWithoutTax = true }, new { discountAmounts = "without_tax" });
        foreach (var location in await kit.LocationsAsync())
        {
            var byDay = (await kit.SalesAsync(location)).Sales().Where(sale => sale.Status == SaleStatus.Closed).ToLookup(sale => sale.BusinessDate);
            foreach (var day in kit.Lightspeed.Truth.Days(location.Ref.Id))
            {
                var sales = byDay[day.Day].ToList();
                Assert.InRange(sales.Sum(sale => sale.Discounts.Minor) - day.DiscountsMinor, -sales.Count, sales.Count);
                Assert.InRange(sales.Sum(sale => sale.Net.Minor) - (day.GrossMinor - day.DiscountsMinor), -sales.Count, sales.Count);
                Assert.All(sales, sale => Assert.Empty(sale.Warnings));
            }
        }
    }

    [Fact]
    public async Task A_day_of_which_the_service_has_not_got_everything_is_told_nothing_of()
    {
        await using var kit = await LightspeedKit.StartAsync(0);
        kit.Lightspeed.Changes.AddSale(kit.Madrid);

        var totals = await kit.Totals.ReadDayTotalsAsync(await kit.LocationAsync(), new DateOnly(2025, 11, 20), Token);

        Assert.Equal((false, null, null, null), (totals.Complete, totals.Net, totals.Payments, totals.SaleCount));
    }

    [Fact]
    public async Task A_day_without_sales_costs_one_request()
    {
        await using var kit = await LightspeedKit.StartAsync(0);
        var location = await kit.LocationAsync();
        kit.Requests.Clear();

        var totals = await kit.Totals.ReadDayTotalsAsync(location, new DateOnly(2025, 11, 1), Token);

        Assert.Equal((true, 0, 0L, 0L, 1), (totals.Complete, totals.PaymentCount!.Value, totals.Net!.Value.Minor, totals.Refunds!.Value.Minor, kit.Requests.Calls.Count));
    }

    private static LightspeedDayTruth Truth(DateOnly day, List<Sale> sales)
    {
        var payments = sales.SelectMany(sale => sale.Payments).ToList();
        var refunds = sales.SelectMany(sale => sale.Refunds).ToList();
        return new LightspeedDayTruth(
            day, sales.Count, sales.Sum(sale => sale.Gross.Minor), sales.Sum(sale => sale.Discounts.Minor), sales.Sum(sale => sale.Tax.Minor + sale.TaxIncluded.Minor), sales.Sum(sale => sale.ServiceCharges.Minor),
            payments.Count, payments.Sum(payment => payment.Amount.Minor), payments.Sum(payment => payment.Tip.Minor), refunds.Count, refunds.Sum(refund => refund.Amount.Minor));
    }

    private static LightspeedDayTruth Truth(DateOnly day, DayTotals totals) => new(
        day, totals.SaleCount!.Value, totals.Gross!.Value.Minor, totals.Gross.Value.Minor - totals.Net!.Value.Minor, totals.Tax!.Value.Minor + totals.TaxIncluded!.Value.Minor, totals.ServiceCharges!.Value.Minor,
        totals.PaymentCount!.Value, totals.Payments!.Value.Minor, totals.Tips!.Value.Minor, totals.RefundCount!.Value, totals.Refunds!.Value.Minor);
}
