using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Sous.Plugins.Sdk.Tests.Conformance;

/// <summary>The service of the driver Fixture.Shop, in memory: sales and items in pages with cursors.</summary>
internal sealed class ShopService : HttpMessageHandler
{
    public const string Key = "the-shops-key-4711";
    public const int Sales = 95;
    public const int Items = 30;

    public static readonly DateTimeOffset Start = new(2025, 11, 20, 15, 0, 0, TimeSpan.Zero);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Assert.Equal([Key], request.Headers.GetValues("X-Shop-Key"));
        Assert.False(request.Headers.Contains("Authorization"));
        var uri = request.RequestUri!;
        var query = uri.Query.TrimStart('?').Split('&').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => Uri.UnescapeDataString(pair.ElementAtOrDefault(1) ?? ""));
        object answer = uri.AbsolutePath switch
        {
            "/ping" => new { },
            "/whoami" => new { account = "a-1" },
            "/locations" => new { locations = new[] { "L1" } },
            "/sales" => Page(query, Sales, SaleOf),
            "/items" => Page(query, Items, i => new { id = $"i-{i}" }),
            "/totals" => new { payments = Enumerable.Range(0, Sales).Where(i => DateOnly.FromDateTime(AtOf(i).UtcDateTime).ToString("O", CultureInfo.InvariantCulture) == query["day"]).Sum(TotalOf) },
            _ => throw new InvalidOperationException($"The shop has no {uri.AbsolutePath}."),
        };
        return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(JsonSerializer.Serialize(answer), Encoding.UTF8, "application/json") });
    }

    private static object Page(Dictionary<string, string> query, int count, Func<int, object> item)
    {
        var (from, limit) = (int.Parse(query["cursor"].Replace("c", "", StringComparison.Ordinal), CultureInfo.InvariantCulture), int.Parse(query["limit"], CultureInfo.InvariantCulture));
        var items = Enumerable.Range(from, Math.Clamp(count - from, 0, limit)).Select(item).ToList();
        return new { items, next = $"c{from + items.Count:0000}" };
    }

    private static object SaleOf(int i) => new { id = $"s-{i:000}", at = AtOf(i), total = TotalOf(i) };

    private static DateTimeOffset AtOf(int i) => Start.AddHours(-i);

    private static long TotalOf(int i) => 1000 + (7L * i);
}
