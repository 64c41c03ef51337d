using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;
using Sous.Plugins.Simulators.Square;

namespace Sous.Plugins.Drivers.Tests.Simulators;

/// <summary>A bare client of Square's API, with nothing of ours between test and simulator.</summary>
internal sealed class SquareCaller : IDisposable
{
    // Square refuses null where a string is expected: what is absent must be left out.
    private static readonly JsonSerializerOptions WithoutNulls = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private readonly HttpClient _client;

    public SquareCaller(SquareSimulator simulator, params string[] scopes)
        : this(new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = simulator.Address }, simulator.IssueAccessToken(scopes))
    {
    }

    public SquareCaller(HttpClient client, string? accessToken)
    {
        _client = client;
        Authorize(accessToken);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Authorize(string? accessToken) =>
        _client.DefaultRequestHeaders.Authorization = accessToken is null ? null : new AuthenticationHeaderValue("Bearer", accessToken);

    public async Task<SquareReply> GetAsync(string path) => await SquareReply.ReadAsync(await _client.GetAsync(new Uri(path, UriKind.Relative), Token));

    public async Task<SquareReply> PostAsync(string path, object body, string? authorization = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body, options: WithoutNulls) };
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        return await SquareReply.ReadAsync(await _client.SendAsync(request, Token));
    }

    public async Task<SquareReply> FormAsync(string path, params (string Name, string Value)[] fields)
    {
        using var content = new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value)));
        return await SquareReply.ReadAsync(await _client.PostAsync(new Uri(path, UriKind.Relative), content, Token));
    }

    /// <summary>Walks a listing to its end; the callback makes the request for a cursor.</summary>
    public static async Task<List<JsonElement>> WalkAsync(string name, Func<string?, Task<SquareReply>> page)
    {
        var all = new List<JsonElement>();
        string? cursor = null;
        do
        {
            var reply = await page(cursor);
            Assert.Equal(200, reply.Status);
            all.AddRange(reply.List(name));
            cursor = reply.Cursor;
        }
        while (cursor is not null);

        return all;
    }

    public Task<List<JsonElement>> AllOrdersAsync(string[] locations, int limit = 1000) => WalkAsync("orders", cursor => PostAsync("/v2/orders/search", new
    {
        location_ids = locations,
        limit,
        cursor,
        query = new { filter = new { date_time_filter = new { updated_at = new { start_at = "2020-01-01T00:00:00Z" } } }, sort = new { sort_field = "UPDATED_AT", sort_order = "ASC" } },
    }));

    public async Task<List<JsonElement>> AllPaymentsAsync(IEnumerable<string> locations)
    {
        var all = new List<JsonElement>();
        foreach (var location in locations)
        {
            all.AddRange(await WalkAsync("payments", cursor => GetAsync($"/v2/payments?location_id={location}&begin_time=2020-01-01T00:00:00Z{(cursor is null ? "" : $"&cursor={cursor}")}")));
        }

        return all;
    }

    public Task<List<JsonElement>> AllRefundsAsync() =>
        WalkAsync("refunds", cursor => GetAsync($"/v2/refunds?begin_time=2020-01-01T00:00:00Z{(cursor is null ? "" : $"&cursor={cursor}")}"));

    public void Dispose() => _client.Dispose();
}
