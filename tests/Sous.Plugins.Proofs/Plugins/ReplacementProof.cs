using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs.Plugins;

/// <summary>Invariant 21: a driver is replaced again and again while it syncs; no run is lost and no order is missing or doubled.</summary>
public sealed class ReplacementProof(ITestOutputHelper output)
{
    private static readonly int s_replacements = int.Parse(Environment.GetEnvironmentVariable("SOUS_REPLACEMENTS") ?? "10", CultureInfo.InvariantCulture);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replaced_under_load_the_driver_loses_no_run_and_no_order()
    {
        // Arrange
        using var folder = new PluginsFolder();
        await using var simulators = await SimulatorProcess.StartAsync(HostProcess.Folder, ["--orders", "1000", "--days", "30"], Token);
        using var service = new HttpClient { BaseAddress = new Uri((string)simulators.Services["square"]!["apiUrl"]!) };
        folder.Add("plugins/Sous.Plugins.Square", "square-0");
        folder.List(("square", "square-0"));
        var address = HostProcess.FreeAddress();
        await using var host = HostProcess.Start(address, folder.Data, DemoWalk.Configuration(address, simulators.Services), folder.Root);
        await host.ReadyAsync(Token);
        using var connecting = new Platform(host.Client());
        using var platform = new Platform(host.Client()) { Connection = await connecting.ConnectAsync(Token) };
        while (!await platform.MapAsync(Token))
        {
            await Task.Delay(50, Token);
        }

        await platform.SettleAsync(Token);
        var before = PrivateKilobytes(host.Id);

        // Act
        using var done = new CancellationTokenSource();
        var outcomes = new ConcurrentQueue<string>();
        var load = LoadAsync(service, platform, outcomes, done.Token);
        for (var i = 1; i <= s_replacements; i++)
        {
            var version = string.Create(CultureInfo.InvariantCulture, $"1.0.{i}");
            folder.Add("plugins/Sous.Plugins.Square", $"square-{i}", version);
            folder.List(("square", $"square-{i}"));
            var taken = await platform.Client.PostAsync("api/v1/drivers/square/pin", null, Token);
            Assert.Equal(("loaded", i + 1, version), ((string)taken["state"]!, (int)taken["generation"]!, (string)taken["version"]!));
            // One ends that may have begun in the old generation, and one that cannot have.
            for (var seen = outcomes.Count; outcomes.Count < seen + 2 && !load.IsCompleted;)
            {
                await Task.Delay(20, Token);
            }
        }

        await done.CancelAsync();
        await load;
        await platform.SettleAsync(Token);

        // Assert
        var after = PrivateKilobytes(host.Id);
        Assert.NotEmpty(outcomes);
        Assert.All(outcomes, static outcome => Assert.Equal("completed", outcome));
        ServiceTruth.AssertHeldBy(await platform.ReadFeedAsync(Token), await ServiceTruth.ReadAsync(service, Token), "after all replacements");
        var driver = await platform.Client.GetAsync("api/v1/drivers/square", Token);
        var generations = driver["generations"]!.AsArray();
        Assert.Equal(s_replacements + 1, generations.Count);
        Assert.Equal(s_replacements >= 10, (bool)driver["restartAdvised"]!);
        Assert.Single(generations, static one => one!["retiredAt"] is null);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{s_replacements} replacements under load, {outcomes.Count} runs, all completed; private memory grew by {after - before} kB, {(after - before) / s_replacements} kB a replacement with the runs' own."));
        await host.StopAsync(Token);
    }

    /// <summary>Sells and syncs without a pause.</summary>
    private static async Task LoadAsync(HttpClient service, Platform platform, ConcurrentQueue<string> outcomes, CancellationToken done)
    {
        var locations = (await ServiceTruth.ReadAsync(service, Token))["locations"]!.AsArray().Select(static one => (string)one!["location"]!["id"]!).ToList();
        for (var i = 0; !done.IsCancellationRequested; i++)
        {
            using var sold = await service.PostAsJsonAsync("_simulator/orders", new { locationId = locations[i % locations.Count] }, Token);
            sold.EnsureSuccessStatusCode();
            outcomes.Enqueue((string)(await platform.RunAsync("sales", Token))["outcome"]!);
        }
    }

    private static long PrivateKilobytes(int process) => File.ReadLines($"/proc/{process}/status")
        .Where(static line => line.StartsWith("RssAnon:", StringComparison.Ordinal))
        .Select(static line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture))
        .FirstOrDefault();
}
