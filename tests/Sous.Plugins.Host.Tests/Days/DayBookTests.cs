using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Days;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Tests.Days;

public sealed class DayBookTests
{
    private static readonly DateOnly Day = Sales.Day;

    // The location's day of 14 March ends at 04:00 in New York, 08:00 UTC on the 15th.
    private static readonly DateTimeOffset DayEnd = new(2026, 3, 15, 8, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_day_sums_its_closed_sales_and_the_money_that_moved_on_it()
    {
        await using var test = await StoreUnderTest.CreateAsync();
        await using var app = await ChangesApp.StartAsync(test);
        await test.CommitAsync(
            Sales.Make("s1", net: 1000) with { Tax = Sales.Usd(80), Discounts = Sales.Usd(50), Gross = Sales.Usd(1050), Payments = [Sales.Payment("p1", 1080, 200)] },
            Sales.Make("paid next day", net: 500) with { Payments = [Sales.Payment("p2", 500, 0, Day.AddDays(1))] },
            Sales.Make("sold before", net: 700, day: Day.AddDays(-30)) with { Payments = [Sales.Payment("p3", 700, 0, Day.AddDays(-30))], Refunds = [Sales.Refund("r1", 700, Day)] },
            Sales.Make("came back", net: -300) with { Kind = SaleKind.Return },
            Sales.Make("open", net: 9000, status: SaleStatus.Open) with { Payments = [Sales.Payment("p4", 100, 0), Sales.Payment("p5", 1, 1, status: PaymentStatus.Pending)] },
            Sales.Make("voided", net: 9000, status: SaleStatus.Voided),
            Sales.Make("canceled", net: 9000, status: SaleStatus.Canceled),
            Sales.Make("gone", net: 9000));
        await test.DeleteAsync("gone");

        var day = Assert.Single(await ReadAsync(test, app, Day));

        Assert.Equal((StoreUnderTest.Connection, Sales.Location, Day, 3), (day.Connection, day.ExternalLocation, day.Day, day.Sales));
        Assert.Equal((1250L, 50L, 1200L, 80L), (day.Gross.Minor, day.Discounts.Minor, day.Net.Minor, day.Tax.Minor));
        Assert.Equal((1180L, 200L, 2, 700L, 1), (day.Payments.Minor, day.Tips.Minor, day.PaymentCount, day.Refunds.Minor, day.RefundCount));
        Assert.Equal(500, Assert.Single(await ReadAsync(test, app, Day.AddDays(1))).Payments.Minor);
    }

    [Fact]
    public async Task Figures_are_kept_apart_by_day_and_location()
    {
        await using var test = await StoreUnderTest.CreateAsync();
        await using var app = await ChangesApp.StartAsync(test);
        await test.CommitAsync(Sales.Make("a", 1), Sales.Make("b", 2, Day.AddDays(1)), Sales.Make("c", 4, location: "L2"), Sales.Make("d", 8, Day.AddDays(9)));

        var days = await ReadAsync(test, app, Day, Day.AddDays(2));

        Assert.Equal([("L1", Day, 1L), ("L1", Day.AddDays(1), 2L), ("L2", Day, 4L)], days.Select(static day => (day.ExternalLocation, day.Day, day.Net.Minor)));
    }

    [Fact]
    public async Task A_payment_that_two_sales_name_was_made_once()
    {
        await using var test = await StoreUnderTest.CreateAsync();
        await using var app = await ChangesApp.StartAsync(test);
        await test.CommitAsync(Sales.Make("a") with { Payments = [Sales.Payment("p", 10, 1)] }, Sales.Make("b") with { Payments = [Sales.Payment("p", 10, 1)] });

        Assert.Equal(10, Assert.Single(await ReadAsync(test, app, Day)).Payments.Minor);
    }

    [Fact]
    public async Task A_day_is_restated_once_a_known_sale_of_it_changes_after_its_end()
    {
        await using var test = await StoreUnderTest.CreateAsync();
        await using var app = await ChangesApp.StartAsync(test);
        await DiscoverAsync(app);
        await test.CommitAsync(DayEnd.AddDays(-1), Change.Upsert("s1", Sales.Make("s1", 100)));
        await test.CommitAsync(DayEnd.AddMinutes(-5), Change.Upsert("s1", Sales.Make("s1", 90)));
        Assert.False(Assert.Single(await ReadAsync(test, app, Day)).Restated);

        await test.MapAsync("own-9", at: DayEnd.AddDays(1));
        Assert.False(Assert.Single(await ReadAsync(test, app, Day)).Restated);

        await test.CommitAsync(DayEnd.AddDays(3), Change.Upsert("s1", Sales.Make("s1", 80) with { ModifiedAt = DayEnd.AddDays(3) }));
        var restated = Assert.Single(await ReadAsync(test, app, Day));
        Assert.Equal((true, 80L), (restated.Restated, restated.Net.Minor));
        Assert.Equal(90, Assert.Single(await ReadAsync(test, app, Day, asOf: DayEnd)).Net.Minor);
    }

    [Fact]
    public async Task The_days_of_one_location_are_answered_over_http()
    {
        await using var test = await StoreUnderTest.CreateAsync();
        await using var app = await ChangesApp.StartAsync(test);
        await DiscoverAsync(app);
        await test.CommitAsync(Sales.Make("a", 1000), Sales.Make("b", 2, location: "L2"));

        var answer = await app.Client.GetFromJsonAsync<JsonElement>("/api/v1/tenants/t1/days?from=2026-03-14&to=2026-03-15&location=own-1", Token);

        var day = Assert.Single(answer.GetProperty("items").EnumerateArray());
        Assert.Equal(("2026-03-14", "own-1", 1000L), (day.GetProperty("day").GetString(), day.GetProperty("location").GetString(), day.GetProperty("net").GetProperty("minor").GetInt64()));
        Assert.Equal("con_1", day.GetProperty("connection").GetString());
    }

    [Theory]
    [InlineData("", "from")]
    [InlineData("from=2026-02-30", "from")]
    [InlineData("from=2026-03-02&to=2026-03-01", "from")]
    [InlineData("from=2026-01-01&to=2026-12-31", "to")]
    public async Task Days_that_cannot_be_read_are_refused_by_field(string query, string field)
    {
        await using var test = await StoreUnderTest.CreateAsync();
        await using var app = await ChangesApp.StartAsync(test);

        using var answer = await app.Client.GetAsync(new Uri($"/api/v1/tenants/t1/days?{query}", UriKind.Relative), Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal(field, Assert.Single(problem.GetProperty("errors").EnumerateObject()).Name);
    }

    private static Task DiscoverAsync(ChangesApp app) => app.Registry.WriteAsync(
        static transaction => transaction.Put(MappedLocation.Collection, new MappedLocation
        {
            Connection = StoreUnderTest.Connection,
            Tenant = StoreUnderTest.Tenant,
            OwnId = "own-1",
            DiscoveredAt = Sales.Noon,
            BusinessDayStart = TimeSpan.FromHours(4),
            Location = new Location { Ref = new ExternalRef("square", Sales.Location), Name = "Main", TimeZone = "America/New_York", Currency = "USD", Active = true },
        }),
        Token);

    private static Task<IReadOnlyList<DayFigures>> ReadAsync(StoreUnderTest test, ChangesApp app, DateOnly from, DateOnly? to = null, DateTimeOffset? asOf = null) =>
        new DayBook(test.Store, app.Registry).ReadAsync(new SalesQuery(StoreUnderTest.Tenant, null, null, from, to ?? from, asOf), Token);
}
