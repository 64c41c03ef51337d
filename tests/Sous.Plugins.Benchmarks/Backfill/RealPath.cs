using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Sous.Plugins.Host;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Cli.Demo;

namespace Sous.Plugins.Benchmarks.Backfill;

/// <summary>The whole host with a fresh data folder: connect, discover, map every location, and the first run of the sales.</summary>
internal sealed class RealPath(Simulated simulated)
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(200);

    // Square knows an application's redirect address, so every round's host must listen where the first one did.
    private readonly Uri _address = Place.FreeAddress();

    /// <summary>By the clock it is the run's own start and end; the processor's time holds the connect and the catalogue's run too.</summary>
    public async Task<Measure> SyncAsync(string data, int orders)
    {
        var settings = new HostSettings
        {
            Urls = _address.GetLeftPart(UriPartial.Authority),
            Data = data,
            Plugins = Place.FindPlugins(),
            Overrides = DemoWalk.Configuration(_address, simulated.Services),
        };
        settings = settings with { Overrides = new Dictionary<string, string?>(settings.Overrides) { ["LogLevel"] = "Error" } };
        await using var worker = await Worker.StartAsync(settings, CancellationToken.None);
        using var client = new HostClient(_address, (await File.ReadAllTextAsync(Path.Combine(data, "admin-key"))).Trim());
        using var browser = new OwnerBrowser();
        using var process = Process.GetCurrentProcess();
        var processor = process.TotalProcessorTime;
        var connection = await new DemoWalk(client, browser, _address).ConnectAsync("square", CancellationToken.None);
        var run = await FollowAsync(client, connection.Path);
        process.Refresh();
        Check(run, orders);
        return new Measure(Instant(run, "endedAt") - Instant(run, "startedAt"), process.TotalProcessorTime - processor);
    }

    private static async Task<JsonNode> FollowAsync(HostClient client, string connection)
    {
        while (true)
        {
            var runs = (await client.GetAsync($"{connection}/runs", CancellationToken.None))["items"]?.AsArray() ?? [];
            if (runs.FirstOrDefault(static run => (string?)run?["stream"] == "sales" && (string?)run["outcome"] != "running") is { } ended)
            {
                return ended;
            }

            await Task.Delay(Glance);
        }
    }

    private static void Check(JsonNode run, int orders)
    {
        if ((string?)run["outcome"] != "completed" || (long?)run["inserted"] != orders)
        {
            throw new InvalidOperationException($"The run of the sales did not store {orders} orders: {run.ToJsonString()}");
        }
    }

    private static DateTimeOffset Instant(JsonNode run, string name) =>
        DateTimeOffset.Parse((string?)run[name] ?? throw new InvalidOperationException($"The run lacks '{name}'."), CultureInfo.InvariantCulture);
}
