using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Host.Tests.Access;
using Sous.Plugins.Host.Tests.Authorization;
using Sous.Plugins.Simulators.Square;

namespace Sous.Plugins.Host.Tests.Live;

/// <summary>The Integration Factory over HTTP, for points of sale: live answers against what was synced.</summary>
public sealed class PosTests : IAsyncLifetime
{
    private const string Tenant = "/api/v1/tenants/t1";
    private const string Return = "http://127.0.0.1:9/back";
    private const string NewYork = "LHILLNEWYORK1";

    private SquareSimulator _square = null!;
    private RunningWorker _host = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _square = await SquareSimulator.StartAsync(new SquareSimulatorOptions { Orders = 400, Days = 20 }, cancellationToken: Token);
        _host = await RunningWorker.StartAsync(
            ("Clients:square:ClientId", _square.Options.ClientId),
            ("Clients:square:ClientSecret", _square.ClientSecret),
            ("Clients:square:AuthUrl", _square.Address.AbsoluteUri),
            ("Clients:square:ApiUrl", _square.Address.AbsoluteUri),
            ("ReturnAddresses:back", Return));
        await _host.PostAsync("/api/v1/tenants", new { id = "t1" }, HttpStatusCode.Created);
        var session = await _host.PostAsync($"{Tenant}/connect-sessions", new { driver = "square", initiator = "anna", returnTo = "back" }, HttpStatusCode.Created);
        using var browser = new OwnerBrowser();
        await browser.ConsentAsync(new Uri(session.GetProperty("url").GetString()!), new Uri(Return), Token);
        var connection = await _host.PostAsync($"{Tenant}/connect-sessions/{session.GetProperty("id").GetString()}/complete", new { initiator = "anna" }, HttpStatusCode.OK);
        var path = $"{Tenant}/connections/{connection.GetProperty("id").GetString()}";
        await _host.PostAsync($"{path}/locations/discover", new { }, HttpStatusCode.OK);
        using var mapped = await _host.Admin.PutAsJsonAsync($"{path}/locations/{NewYork}", new { ownId = "hudson" }, Token);
        await AuthorizationApp.EventuallyAsync(async () =>
        {
            var runs = (await _host.Admin.GetFromJsonAsync<JsonElement>($"{path}/runs", Token)).GetProperty("items");
            return runs.GetArrayLength() > 1 && runs.EnumerateArray().All(run => run.GetProperty("outcome").GetString() == "completed");
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _square.DisposeAsync();
    }

    [Fact]
    public async Task Live_sales_of_business_days_are_those_that_were_synced()
    {
        var synced = await SyncedAsync();
        var days = synced.Select(sale => sale.GetProperty("businessDate").GetString()!).Distinct().Order(StringComparer.Ordinal).ToList();
        var (first, last) = (days[days.Count / 3], days[days.Count / 2]);

        var live = await LinesAsync($"pos/sales?from={first}&to={last}&location=hudson");
        var all = await LinesAsync($"pos/sales?from={first}&to={last}");

        var expected = synced.Where(sale => string.CompareOrdinal(sale.GetProperty("businessDate").GetString(), first) >= 0 && string.CompareOrdinal(sale.GetProperty("businessDate").GetString(), last) <= 0);
        Assert.NotEmpty(live);
        Assert.Equal(expected.Select(Text).Order(StringComparer.Ordinal), live.Select(Text).Order(StringComparer.Ordinal));
        // The only location that is mapped.
        Assert.Equal(live.Select(Text), all.Select(Text));
    }

    [Fact]
    public async Task Live_sales_of_instants_end_before_the_last()
    {
        var closed = (await SyncedAsync()).Where(sale => sale.TryGetProperty("closedAt", out _)).OrderBy(sale => sale.GetProperty("closedAt").GetDateTimeOffset()).ToList();
        var (from, to) = (closed[10].GetProperty("closedAt").GetString()!, closed[20].GetProperty("closedAt").GetString()!);

        var live = await LinesAsync($"pos/sales?from={Uri.EscapeDataString(from)}&to={Uri.EscapeDataString(to)}&location={NewYork}");

        Assert.Equal(closed[10..20].Select(Id).Order(), live.Where(sale => sale.TryGetProperty("closedAt", out _)).Select(Id).Order());
    }

    [Fact]
    public async Task The_catalogue_comes_whole()
    {
        var live = await LinesAsync("pos/catalog");

        var synced = (await _host.Admin.GetFromJsonAsync<JsonElement>($"{Tenant}/changes?stream=catalog&limit=1000", Token)).GetProperty("changes").EnumerateArray().Select(change => change.GetProperty("record")).ToList();
        Assert.NotEmpty(live);
        Assert.Equal(synced.Select(Text).Order(StringComparer.Ordinal), live.Select(Text).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("", "from")]
    [InlineData("?from=yesterday&to=2026-01-01", "from")]
    [InlineData("?from=2026-01-02&to=2026-01-01", "from")]
    [InlineData("?from=2020-01-02&to=2026-01-01", "from")]
    [InlineData("?from=2026-01-01&to=2026-01-02T00:00:00Z", "from")]
    [InlineData("?from=2026-01-01T00:00:00&to=2026-01-02T00:00:00", "from")]
    [InlineData("?from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z", "from")]
    [InlineData("?from=2026-01-01&location=", "location")]
    public async Task A_span_that_is_none_names_its_parameter(string query, string field)
    {
        using var response = await _host.Admin.GetAsync($"{Tenant}/pos/sales{query}", Token);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.True((await response.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("errors").TryGetProperty(field, out _));
    }

    [Fact]
    public async Task Files_are_no_capability_of_it_and_an_unknown_location_is_absent()
    {
        using var files = await _host.Admin.GetAsync($"{Tenant}/storage/files", Token);
        using var location = await _host.Admin.GetAsync($"{Tenant}/pos/sales?from=2026-01-01&location=nowhere", Token);

        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.NotFound), (files.StatusCode, location.StatusCode));
        Assert.Equal("capability_absent", (await files.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("code").GetString());
    }

    private static string Text(JsonElement record) => record.GetRawText();

    private static string? Id(JsonElement record) => record.GetProperty("ref").GetProperty("id").GetString();

    /// <summary>The newest record of each sale of the mapped location, as the feed has it.</summary>
    private async Task<List<JsonElement>> SyncedAsync()
    {
        var changes = (await _host.Admin.GetFromJsonAsync<JsonElement>($"{Tenant}/changes?stream=sales&location=hudson&limit=1000", Token)).GetProperty("changes").EnumerateArray();
        return [.. changes.GroupBy(change => change.GetProperty("id").GetString()).Select(sale => sale.Last().GetProperty("record"))];
    }

    private async Task<List<JsonElement>> LinesAsync(string path)
    {
        using var response = await _host.Admin.GetAsync($"{Tenant}/{path}", Token);
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }
}
