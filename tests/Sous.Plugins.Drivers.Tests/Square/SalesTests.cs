using System.Text.Json;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Drivers.Tests.Square;

public sealed class SalesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_business_day_of_every_location_ties_out()
    {
        await using var kit = await SquareKit.StartAsync(3_000);
        foreach (var location in await kit.LocationsAsync())
        {
            var sales = (await kit.SalesAsync(location)).SelectMany(p => p.Changes).Select(c => c.Record!).ToList();
            Assert.Equal(sales.Count, sales.DistinctBy(s => s.Ref.Id).Count());
            Assert.All(sales, s => Assert.True(s.Warnings.Count == 0, JsonSerializer.Serialize(s)));
            var payments = sales.SelectMany(s => s.Payments).Where(p => p.Status == PaymentStatus.Completed).ToLookup(p => p.BusinessDate);
            var refunds = sales.SelectMany(s => s.Refunds).Where(p => p.Status == RefundStatus.Completed).ToLookup(p => p.BusinessDate);
            foreach (var day in payments.Select(p => p.Key).Union(refunds.Select(r => r.Key)).Order())
            {
                var totals = await kit.Driver.ReadDayTotalsAsync(location, day, Token);
                Assert.Equal(
                    (totals.Payments!.Value.Minor, totals.Tips!.Value.Minor, totals.Refunds!.Value.Minor, totals.PaymentCount!.Value, totals.RefundCount!.Value),
                    (payments[day].Sum(p => p.Amount.Minor), payments[day].Sum(p => p.Tip.Minor), refunds[day].Sum(r => r.Amount.Minor), payments[day].Count(), refunds[day].Count()));
            }

            TestContext.Current.TestOutputHelper?.WriteLine($"{location.Name}: {sales.Count} sales, {payments.Count} days");
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', kit.Requests.Seen.Select(s => s.Split('?')[0].Split(' ')[1]).Select(s => s.Length > 20 ? s[..20] : s).CountBy(s => s)));
    }
}
