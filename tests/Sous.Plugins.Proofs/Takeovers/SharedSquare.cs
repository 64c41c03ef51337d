using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs.Takeovers;

/// <summary>A simulated Square that several hosts meet.</summary>
internal sealed class SharedSquare : IAsyncDisposable
{
    private readonly SimulatorProcess _simulators;
    private readonly HttpClient _service;

    private SharedSquare(SimulatorProcess simulators)
    {
        _simulators = simulators;
        _service = new HttpClient { BaseAddress = new Uri((string)simulators.Services["square"]!["apiUrl"]!) };
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <param name="simulation">Arguments of the simulators.</param>
    public static async Task<SharedSquare> StartAsync(params string[] simulation)
    {
        SharedHosts.SkipWhereMissing();
        return new SharedSquare(await SimulatorProcess.StartAsync(HostProcess.Folder, simulation, Token));
    }

    /// <summary>Hosts that meet it.</summary>
    /// <param name="connect">What is done with the first of them.</param>
    public Task<SharedHosts> StartHostsAsync(Func<SharedHosts, HostProcess, Task> connect)
    {
        var address = HostProcess.FreeAddress();
        return SharedHosts.StartAsync(address, DemoWalk.Configuration(address, _simulators.Services), connect);
    }

    /// <summary>One order more in each location.</summary>
    public async Task SellAsync()
    {
        foreach (var location in (await ReadTruthAsync())["locations"]!.AsArray())
        {
            using var sold = await _service.PostAsJsonAsync("_simulator/orders", new { locationId = (string)location!["location"]!["id"]! }, Token);
            sold.EnsureSuccessStatusCode();
        }
    }

    /// <summary>Brings all streams up to date, and looks whether the feed holds what the service has.</summary>
    public async Task AssertHeldAsync(Platform platform, string context)
    {
        while (!await platform.MapAsync(Token))
        {
            await Task.Delay(100, Token);
        }

        await platform.SettleAsync(Token);
        ServiceTruth.AssertHeldBy(await platform.ReadFeedAsync(Token), await ReadTruthAsync(), context);
    }

    public async ValueTask DisposeAsync()
    {
        _service.Dispose();
        await _simulators.DisposeAsync();
    }

    private Task<JsonNode> ReadTruthAsync() => ServiceTruth.ReadAsync(_service, Token);
}
