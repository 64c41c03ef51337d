using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Takeovers;

/// <summary>Real hosts on one real PostgreSQL, before simulated services.</summary>
internal sealed class SharedHosts : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sous-hosts-").FullName;
    private readonly List<HostProcess> _hosts = [];
    private readonly SimulatorProcess _simulators;
    private readonly HttpClient _service;

    private SharedHosts(SimulatorProcess simulators, PostgresServer server)
    {
        (_simulators, Server) = (simulators, server);
        _service = new HttpClient { BaseAddress = new Uri((string)simulators.Services["square"]!["apiUrl"]!) };
    }

    public PostgresServer Server { get; }

    /// <summary>What each host that is started from now on is told.</summary>
    public Dictionary<string, string?> Configuration { get; private set; } = [];

    public string Key { get; private set; } = "";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A database on which a host has worked that stopped.</summary>
    /// <param name="simulation">Arguments of the simulators.</param>
    /// <param name="connect">What is done with that host.</param>
    public static async Task<SharedHosts> StartAsync(string[] simulation, Func<SharedHosts, HostProcess, Task> connect)
    {
        Assert.SkipUnless(PostgresServer.Missing is null, PostgresServer.Missing ?? "");
        var simulators = await SimulatorProcess.StartAsync(HostProcess.Folder, simulation, Token);
        var hosts = new SharedHosts(simulators, await PostgresServer.StartAsync());
        var address = HostProcess.FreeAddress();
        hosts.Configuration = DemoWalk.Configuration(address, simulators.Services);
        hosts.Configuration["Postgres"] = await hosts.Server.CreateAsync(null, Token);
        hosts.Configuration["MasterKey"] = Convert.ToBase64String(Enumerable.Repeat((byte)7, 32).ToArray());
        await using var first = HostProcess.Start(address, Path.Combine(hosts._folder, "first"), hosts.Configuration);
        await first.ReadyAsync(Token);
        hosts.Key = (await File.ReadAllTextAsync(Path.Combine(first.Data, "admin-key"), Token)).Trim();
        await connect(hosts, first);
        Assert.Equal(0, await first.StopAsync(Token));
        return hosts;
    }

    /// <summary>Starts another host; returns at once.</summary>
    public HostProcess Next()
    {
        var host = HostProcess.Start(HostProcess.FreeAddress(), Path.Combine(_folder, $"host-{_hosts.Count}"), Configuration);
        _hosts.Add(host);
        return host;
    }

    public HostClient ClientOf(HostProcess host) => new(host.Address, Key);

    /// <summary>The hosts as one of them lists them, by the numbers of their processes.</summary>
    public async Task<(int Id, string State)[]> ListAsync(HostProcess host)
    {
        using var client = ClientOf(host);
        return [.. (await client.GetAsync("api/v1/hosts", Token))["items"]!.AsArray().Select(static one => (int.Parse(((string)one!["name"]!).Split('/')[^1], CultureInfo.InvariantCulture), (string)one["state"]!))];
    }

    /// <summary>Waits until the host that works says that all of these help it.</summary>
    public async Task HelpAsync(HostProcess working, params IReadOnlyList<HostProcess> helpers)
    {
        while ((await ListAsync(working)) is var listed && !helpers.All(helper => listed.Contains((helper.Id, "helps"))))
        {
            await Task.Delay(100, Token);
        }
    }

    /// <summary>The first line that a host says to Prometheus of an instrument, without its name; null where it says none.</summary>
    public static async Task<string?> ReadMetricAsync(HostProcess host, string name)
    {
        using var http = new HttpClient { BaseAddress = host.Address };
        return (await http.GetStringAsync("metrics", Token)).Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(' ')[1];
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
        foreach (var host in _hosts)
        {
            if (TestContext.Current.TestState?.Result == TestResult.Failed)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"Host {host.Address} wrote:\n{host.Output}");
            }

            await host.DisposeAsync();
        }

        _service.Dispose();
        await _simulators.DisposeAsync();
        await Server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private Task<JsonNode> ReadTruthAsync() => ServiceTruth.ReadAsync(_service, Token);
}
