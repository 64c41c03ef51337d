using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli.Demo;

namespace Sous.Plugins.Benchmarks.Backfill;

/// <summary>The simulator in its own process, as the demo starts it, and what it tells about itself.</summary>
internal sealed class Simulated : IAsyncDisposable
{
    private readonly SimulatorProcess _process;
    private readonly HttpClient _http;

    private Simulated(SimulatorProcess process)
    {
        _process = process;
        var address = (string?)process.Services["square"]?["apiUrl"] ?? throw new InvalidOperationException("The simulator names no address.");
        _http = new HttpClient { BaseAddress = new Uri(address), Timeout = TimeSpan.FromMinutes(5) };
    }

    public JsonNode Services => _process.Services;

    /// <summary>Square's API.</summary>
    public Uri Address => _http.BaseAddress ?? throw new InvalidOperationException("The simulator has no address.");

    public static async Task<Simulated> StartAsync(int orders)
    {
        string[] arguments = ["--orders", orders.ToString(CultureInfo.InvariantCulture), "--days", DemoWalk.HistoryDays.ToString(CultureInfo.InvariantCulture)];
        return new Simulated(await SimulatorProcess.StartAsync(Place.FindHost(), arguments, CancellationToken.None));
    }

    /// <summary>The ids of all orders of all locations.</summary>
    public async Task<HashSet<string>> ReadOrderIdsAsync()
    {
        var truth = await ReadAsync("_simulator/truth");
        return (truth["locations"]?.AsArray() ?? [])
            .SelectMany(static entry => entry?["location"]?["orderIds"]?.AsArray() ?? [])
            .Select(static id => (string?)id ?? "")
            .ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The requests for sales that reached the simulator so far, to be sent again.</summary>
    public async Task<Replay> RecordAsync()
    {
        var requests = (await ReadAsync("_simulator/requests")).AsArray();
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await IssueTokenAsync());
        var sales = requests
            .Select(static request => new ReplayedRequest(Text(request, "path"), Text(request, "query"), Text(request, "body")))
            .Where(static request => request.IsForSales)
            .ToList();
        // The simulator keeps the newest; the tokens' come before the first of the sales.
        return (string?)requests[0]?["path"] is { } first && !first.StartsWith("/v2/orders", StringComparison.Ordinal) && !first.StartsWith("/v2/payments", StringComparison.Ordinal)
            ? new Replay(_http, sales)
            : throw new InvalidOperationException($"The simulator has forgotten requests: it keeps {requests.Count}. Take fewer orders.");
    }

    /// <summary>An access token of Square's owner.</summary>
    public async Task<string> IssueTokenAsync()
    {
        using var issued = await _http.PostAsync(new Uri("_simulator/tokens", UriKind.Relative), null);
        return (string?)JsonNode.Parse(await issued.Content.ReadAsStringAsync())?["accessToken"] ?? throw new InvalidOperationException("The simulator issued no token.");
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _process.DisposeAsync();
    }

    private static string Text(JsonNode? node, string name) => (string?)node?[name] ?? "";

    private async Task<JsonNode> ReadAsync(string path) =>
        JsonNode.Parse(await _http.GetByteArrayAsync(new Uri(path, UriKind.Relative))) ?? throw new InvalidOperationException($"The simulator answers {path} with nothing.");
}
