using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Sous.Plugins.Host.Cli.Demo;

/// <summary>Lets something happen at the simulated services, which tell the host of it, and watches the feed; no schedule and no request is involved.</summary>
internal sealed class DemoPushes(HostClient client, JsonNode services) : IDisposable
{
    private const string Tenant = "api/v1/tenants/demo";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly HttpClient _http = new();

    /// <param name="location">A location at Square, by Square's id.</param>
    /// <param name="restaurant">A restaurant at Toast, by its GUID.</param>
    /// <param name="folder">The folder that is watched.</param>
    public async Task<IReadOnlyList<DemoPush>> RunAsync(string location, string restaurant, string folder, CancellationToken cancellationToken)
    {
        foreach (var service in (string[])["square", "toast"])
        {
            var address = (string?)(await client.GetAsync($"api/v1/drivers/{service}", cancellationToken))["webhook"]?["address"];
            await ControlAsync(service, "webhooks", new JsonObject { ["address"] = address }, cancellationToken);
        }

        return
        [
            await WatchAsync("square", "An order that Square told of by a webhook", "orderId", "orders", new JsonObject { ["locationId"] = location }, cancellationToken),
            await WatchAsync("toast", "An order that Toast told of by a webhook", "orderId", $"restaurants/{restaurant}/orders", [], cancellationToken),
            await WatchAsync("google-drive", "A file that Drive told of over its channel", "fileId", "files", new JsonObject { ["folder"] = folder }, cancellationToken),
        ];
    }

    public void Dispose() => _http.Dispose();

    private async Task<DemoPush> WatchAsync(string service, string what, string id, string path, JsonObject body, CancellationToken cancellationToken)
    {
        var after = await EndOfFeedAsync(cancellationToken);
        var begun = Stopwatch.GetTimestamp();
        var wanted = (string?)(await ControlAsync(service, path, body, cancellationToken))?[id];
        while (Stopwatch.GetElapsedTime(begun) is var waited && waited < s_patience)
        {
            var page = await client.GetAsync($"{Tenant}/changes?limit=1000&wait=5&after={after}", cancellationToken);
            if ((page["changes"]?.AsArray() ?? []).Any(change => (string?)change?["id"] == wanted))
            {
                return new DemoPush(service, what, Stopwatch.GetElapsedTime(begun));
            }

            after = (long?)page["next"] ?? after;
        }

        return new DemoPush(service, what, null);
    }

    private async Task<long> EndOfFeedAsync(CancellationToken cancellationToken)
    {
        for (long after = 0; ;)
        {
            var page = await client.GetAsync($"{Tenant}/changes?limit=1000&after={after}", cancellationToken);
            after = (long?)page["next"] ?? after;
            if ((bool?)page["more"] != true)
            {
                return after;
            }
        }
    }

    private async Task<JsonNode?> ControlAsync(string service, string path, JsonObject body, CancellationToken cancellationToken)
    {
        using var answer = await _http.PostAsJsonAsync($"{(string?)services[service]?["apiUrl"]}/_simulator/{path}", body, cancellationToken);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken);
        return answer.IsSuccessStatusCode ? text.Length == 0 ? null : JsonNode.Parse(text) : throw new DemoFailedException($"The simulator answered {(int)answer.StatusCode} to {path}.");
    }
}
