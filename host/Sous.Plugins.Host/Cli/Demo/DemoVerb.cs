using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Cli.Demo;

/// <summary>
/// <c>demo</c>: a simulated restaurant group goes the whole way through the real parts: consent in a browser, discovery,
/// mapping, sync, change feed, the tie-out of every business day, a file that is fetched, and what the services tell of by themselves.
/// </summary>
internal static class DemoVerb
{
    public static async Task<int> RunAsync(DemoOptions options, CancellationToken stopping)
    {
        var data = Directory.CreateTempSubdirectory("sous-demo-").FullName;
        try
        {
            await using var simulators = await SimulatorProcess.StartAsync(AppContext.BaseDirectory, Simulation(options), stopping);
            var address = new Uri($"http://127.0.0.1:{UnusedPort.Find(IPAddress.Loopback)}/");
            var settings = new HostSettings
            {
                Urls = address.GetLeftPart(UriPartial.Authority),
                Data = data,
                Plugins = options.Plugins,
                Overrides = DemoWalk.Configuration(address, simulators.Services),
            };
            await using var worker = await Worker.StartAsync(settings, stopping);
            using var client = new HostClient(address, (await File.ReadAllTextAsync(Path.Combine(data, "admin-key"), stopping)).Trim());
            using var browser = new OwnerBrowser();
            var report = await new DemoWalk(client, browser, address).RunAsync(await simulators.ReadRestaurantsAsync(stopping), Printed.Progress(options.Json), stopping);
            using var pushes = new DemoPushes(client, simulators.Services);
            report.Pushes = await pushes.RunAsync(report.BusiestOf("square"), report.BusiestOf("toast"), DemoWalk.RecipesFolder, stopping);
            report.Print(options.Json);
            if (!options.Once)
            {
                await Printed.Progress(options.Json).WriteLineAsync($"The worker stays up at {address} (its admin key is in {Path.Combine(data, "admin-key")}). Ctrl-C ends it.");
                await worker.WaitForShutdownAsync(stopping);
            }

            return report.AllTied ? ExitCode.Done : ExitCode.Findings;
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static string[] Simulation(DemoOptions options) =>
    [
        "--orders", options.Orders.ToString(CultureInfo.InvariantCulture),
        "--days", DemoWalk.HistoryDays.ToString(CultureInfo.InvariantCulture),
    ];
}
