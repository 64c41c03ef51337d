using Sous.Plugins.Drivers.Tests.Square;
using Sous.Plugins.Sdk.Pos;
using Sous.Plugins.Simulators.Toast;

namespace Sous.Plugins.Drivers.Tests.Toast;

public sealed class DaysTests
{
    [Fact]
    public async Task Every_business_day_of_every_restaurant_ties_out_by_both_paths()
    {
        // A month holds the days on which clocks change in Dublin, London and New York.
        var all = Guids();
        await using var kit = await ToastKit.StartAsync(700, new ToastSimulatorOptions { Days = 30 }, all);
        foreach (var location in await kit.LocationsAsync())
        {
            var sales = (await kit.SalesAsync(location)).Sales();
            var payments = sales.SelectMany(sale => sale.Payments).Where(p => p.Status == PaymentStatus.Completed).ToLookup(p => p.BusinessDate);
            var refunds = sales.SelectMany(sale => sale.Refunds).Where(r => r.Status == RefundStatus.Completed).ToLookup(r => r.BusinessDate);
            var days = kit.Toast.Truth.Days(location.Ref.Id);

            Assert.Equal(days.Select(day => day.Day), payments.Select(p => p.Key).Union(refunds.Select(r => r.Key)).Order());
            foreach (var day in days)
            {
                Assert.Equal(day, new ToastDayTruth(day.Day, payments[day.Day].Count(), payments[day.Day].Sum(p => p.Amount.Minor), payments[day.Day].Sum(p => p.Tip.Minor),
                    refunds[day.Day].Count(), refunds[day.Day].Sum(r => r.Amount.Minor)));
                var totals = await kit.Driver.ReadDayTotalsAsync(location, day.Day, TestContext.Current.CancellationToken);
                Assert.Equal(day, new ToastDayTruth(day.Day, totals.PaymentCount!.Value, totals.Payments!.Value.Minor, totals.Tips!.Value.Minor, totals.RefundCount!.Value, totals.Refunds!.Value.Minor));
                Assert.Equal((null, null, null), (totals.Gross, totals.Net, totals.Tax));
            }
        }
    }

    [Fact]
    public async Task A_day_without_money_costs_two_requests()
    {
        await using var kit = await ToastKit.StartAsync(0);
        var location = await kit.LocationAsync();
        kit.Requests.Clear();

        var totals = await kit.Driver.ReadDayTotalsAsync(location, new DateOnly(2025, 11, 1), TestContext.Current.CancellationToken);

        Assert.Equal((0, 0, 0, 2), (totals.PaymentCount, totals.RefundCount, (int)totals.Payments!.Value.Minor, kit.Requests.Calls.Count));
    }

    [Fact]
    public async Task A_busy_day_is_told_whole()
    {
        await using var kit = await ToastKit.StartAsync(0);
        for (var i = 0; i < 230; i++)
        {
            kit.Toast.Changes.AddOrder(kit.Boston);
            kit.Clock.Advance(TimeSpan.FromSeconds(10));
        }

        var day = Assert.Single(kit.Toast.Truth.Days(kit.Boston));
        var totals = await kit.Driver.ReadDayTotalsAsync(await kit.LocationAsync(), day.Day, TestContext.Current.CancellationToken);

        Assert.Equal((day.Payments, day.PaymentsMinor, day.TipsMinor), (totals.PaymentCount!.Value, totals.Payments!.Value.Minor, totals.Tips!.Value.Minor));
    }

    private static List<string> Guids()
    {
        // The restaurants' GUIDs do not depend on the seed.
        return [.. Sous.Plugins.Simulators.Toast.Seeding.Restaurants.All.Where(restaurant => restaurant.Connected).Select(restaurant => restaurant.Guid)];
    }
}
