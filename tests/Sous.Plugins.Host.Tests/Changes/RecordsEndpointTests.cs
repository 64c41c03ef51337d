using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Changes;

public sealed class RecordsEndpointTests
{
    private static readonly DateOnly Day = Sales.Day;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sales_are_read_as_they_are_and_as_they_were_known()
    {
        await using var test = await StoreUnderTest.CreateAsync();
        await using var app = await ChangesApp.StartAsync(test);
        await test.CommitAsync(Sales.Noon, Change.Upsert("a", Sales.Make("a", 100)), Change.Upsert("b", Sales.Make("b", 5)));
        await test.CommitAsync(Sales.Noon.AddDays(2), Change.Upsert("a", Sales.Make("a", 70)), Change.Upsert("late", Sales.Make("late", 3)));
        await test.DeleteAsync("b", Sales.Noon.AddDays(3));

        Assert.Equal([("a", 70L, 2L), ("late", 3L, 1L)], await ReadAsync(app, "from=2026-03-14"));
        Assert.Equal([("a", 100L, 1L), ("b", 5L, 1L)], await ReadAsync(app, "from=2026-03-14&asOf=2026-03-14T12:00:00Z"));
        Assert.Equal([("a", 70L, 2L), ("b", 5L, 1L), ("late", 3L, 1L)], await ReadAsync(app, "from=2026-03-14&to=2026-03-14&asOf=2026-03-16"));
        Assert.Empty(await ReadAsync(app, "from=2026-03-14&asOf=2026-03-14T14:59:59%2B03:00"));
        Assert.Empty(await ReadAsync(app, "from=2026-03-15"));
    }

    [Fact]
    public async Task Pages_hold_every_sale_once_over_days_and_locations()
    {
        await using var test = await StoreUnderTest.CreateAsync();
        await using var app = await ChangesApp.StartAsync(test);
        await test.MapAsync("own-2", "L2");
        foreach (var number in Enumerable.Range(0, 23))
        {
            // Each is known for the money of other days too, and is a sale of its own day alone.
            var day = Day.AddDays(number % 3);
            await test.CommitAsync(Sales.Make($"s{number}", number, day, number % 2 == 0 ? "L1" : "L2") with { Payments = [Sales.Payment($"p{number}", 1, 0, day.AddDays(1))] });
        }

        var read = new List<long>();
        var after = "";
        var pages = 0;
        do
        {
            var page = await app.Client.GetFromJsonAsync<JsonElement>($"/api/v1/tenants/t1/records/sales?limit=4{after}", Token);
            read.AddRange(page.GetProperty("items").EnumerateArray().Select(static item => item.GetProperty("record").GetProperty("net").GetProperty("minor").GetInt64()));
            after = page.TryGetProperty("next", out var next) ? $"&after={next.GetString()}" : "";
            pages++;
        }
        while (after.Length > 0);

        Assert.Equal(6, pages);
        Assert.Equal(Enumerable.Range(0, 23).Select(static number => (long)number), read.Order());
        Assert.Equal(11, (await ReadAsync(app, "location=own-2")).Count);
    }

    [Fact]
    public async Task Held_sales_are_not_handed_over()
    {
        await using var test = await StoreUnderTest.CreateAsync(mapped: false);
        await using var app = await ChangesApp.StartAsync(test);
        await test.CommitAsync(Sales.Make("a"));

        Assert.Empty(await ReadAsync(app, ""));
    }

    [Theory]
    [InlineData("sales?from=2026-02-30", "from")]
    [InlineData("sales?from=2026-03-02&to=2026-03-01", "from")]
    [InlineData("sales?asOf=2026-03-02T10:00:00", "asOf")]
    [InlineData("sales?asOf=yesterday", "asOf")]
    [InlineData("sales?after=00ff", "after")]
    [InlineData("sales?after=xyz", "after")]
    [InlineData("sales?limit=1001", "limit")]
    [InlineData("catalog", "stream")]
    public async Task Records_that_cannot_be_read_are_refused_by_field(string path, string field)
    {
        await using var test = await StoreUnderTest.CreateAsync();
        await using var app = await ChangesApp.StartAsync(test);

        using var answer = await app.Client.GetAsync(new Uri($"/api/v1/tenants/t1/records/{path}", UriKind.Relative), Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(field, Assert.Single((await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("errors").EnumerateObject()).Name);
    }

    private static async Task<List<(string? Id, long Net, long Version)>> ReadAsync(ChangesApp app, string query)
        => [.. (await app.Client.GetFromJsonAsync<JsonElement>($"/api/v1/tenants/t1/records/sales?{query}", Token)).GetProperty("items").EnumerateArray()
            .Select(static item => (item.GetProperty("id").GetString(), item.GetProperty("record").GetProperty("net").GetProperty("minor").GetInt64(), item.GetProperty("version").GetInt64()))];
}
