using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Takeovers;

/// <summary>
/// Three real hosts on one real PostgreSQL: one works, the others help it, and each of them goes amid runs, by kill -9 or asleep. SOUS_HELPERS says
/// how often (1), SOUS_SEED repeats the choices.
/// </summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class HelpProof(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Tenants = 2;

    private readonly int _rounds = Setting.Of("SOUS_HELPERS", 1);
    private readonly int _seed = Setting.Of("SOUS_SEED", Random.Shared.Next());
    private readonly string _folder = Directory.CreateTempSubdirectory("sous-help-").FullName;
    private readonly List<(string Tenant, string Connection)> _connections = [];
    private readonly List<HostProcess> _hosts = [];
    private Dictionary<string, string?> _configuration = [];
    private PostgresServer _server = null!;
    private SimulatorProcess _simulators = null!;
    private HttpClient _service = null!;
    private string _key = "";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(PostgresServer.Missing is null, PostgresServer.Missing ?? "");
        _simulators = await SimulatorProcess.StartAsync(HostProcess.Folder, ["--orders", "1000", "--days", "20"], Token);
        _service = new HttpClient { BaseAddress = new Uri((string)_simulators.Services["square"]!["apiUrl"]!) };
        var address = HostProcess.FreeAddress();
        _configuration = DemoWalk.Configuration(address, _simulators.Services);
        _server = await PostgresServer.StartAsync();
        _configuration["Postgres"] = await _server.CreateAsync(null, Token);
        _configuration["MasterKey"] = Convert.ToBase64String(Enumerable.Repeat((byte)7, 32).ToArray());
        await using var first = HostProcess.Start(address, Path.Combine(_folder, "first"), _configuration);
        await first.ReadyAsync(Token);
        _key = (await File.ReadAllTextAsync(Path.Combine(first.Data, "admin-key"), Token)).Trim();
        for (var tenant = 0; tenant < Tenants; tenant++)
        {
            using var platform = new Platform(new HostClient(first.Address, _key)) { Tenant = $"demo-{tenant}" };
            _connections.Add((platform.Tenant, await platform.ConnectAsync(Token)));
        }

        Assert.Equal(0, await first.StopAsync(Token));

        // The host that works has so few places that the others are needed.
        _configuration["Syncing:MaxConcurrentRuns"] = "2";
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            if (TestContext.Current.TestState?.Result == TestResult.Failed)
            {
                output.WriteLine($"Host {host.Id} wrote:\n{host.Output}");
            }

            await host.DisposeAsync();
        }

        _service?.Dispose();
        await (_simulators?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Hosts_that_help_carry_out_runs_and_whichever_host_goes_amid_them_each_record_is_there_once()
    {
        var random = new Random(_seed);
        var (helped, missed, asleep, times) = (0L, new List<TimeSpan>(), new List<TimeSpan>(), new List<TimeSpan>());
        var working = Next();
        await working.ReadyAsync(Token);
        List<HostProcess> helpers = [Next(), Next()];
        for (var round = 0; round < _rounds; round++)
        {
            await HelpAsync(working, helpers);
            await SellAsync();
            var before = ReadProcessor(working, helpers);
            await WorkAsync(working);
            var after = ReadProcessor(working, helpers);
            output.WriteLine($"Processor time of {Tenants} tenants' backfill: {(after.Working - before.Working).TotalSeconds:F1} s of the host that works, {(after.Helpers - before.Helpers).TotalSeconds:F1} s of those that help.");
            helped += await ReadRunsAsync(helpers[0]) + await ReadRunsAsync(helpers[1]);

            // One that helps is killed, the other sleeps.
            await SellAsync();
            var work = WorkAsync(working);
            await Task.Delay(random.Next(800), Token);
            await helpers[0].KillAsync();
            missed.Add(await GoneAsync(working, helpers[0]));
            await helpers[1].SignalAsync("STOP", Token);
            asleep.Add(await GoneAsync(working, helpers[1]));
            await work;
            await AssertHeldAsync(working);
            var held = await ReadAllAsync(working);
            await helpers[1].SignalAsync("CONT", Token);
            helpers[0] = Next();
            await HelpAsync(working, helpers);
            Assert.Equal(held, await ReadAllAsync(working));

            // The one that works is killed: one of the others does its work, and is helped by the last.
            await SellAsync();
            work = WorkAsync(working);
            await Task.Delay(random.Next(800), Token);
            var since = Stopwatch.GetTimestamp();
            await working.KillAsync();
            working = await WorksAsync(helpers);
            times.Add(Stopwatch.GetElapsedTime(since));
            helpers.Remove(working);
            helpers.Add(Next());
            await work;
            await HelpAsync(working, helpers);
            await AssertHeldAsync(working);
        }

        Assert.True(helped > 0, "No run was carried out by a host that helps.");
        output.WriteLine(
            $"{_rounds} rounds, SOUS_SEED={_seed}: {helped} runs carried out by hosts that help; one that was killed was missed after at most {missed.Max().TotalSeconds:F1} s, one asleep after {asleep.Max().TotalSeconds:F1}; "
            + $"ready {times.Min().TotalSeconds:F1} to {times.Max().TotalSeconds:F1} s after the one that works was killed.");
        foreach (var host in (HostProcess[])[.. helpers, working])
        {
            Assert.Equal(0, await host.StopAsync(Token));
        }
    }

    private static (TimeSpan Working, TimeSpan Helpers) ReadProcessor(HostProcess working, IReadOnlyList<HostProcess> helpers)
        => (ReadProcessor(working), helpers.Aggregate(TimeSpan.Zero, static (sum, helper) => sum + ReadProcessor(helper)));

    private static TimeSpan ReadProcessor(HostProcess host)
    {
        using var process = Process.GetProcessById(host.Id);
        return process.TotalProcessorTime;
    }

    private HostProcess Next()
    {
        var host = HostProcess.Start(HostProcess.FreeAddress(), Path.Combine(_folder, $"host-{_hosts.Count}"), _configuration);
        _hosts.Add(host);
        return host;
    }

    /// <summary>Waits until the host that works says that all of these help it.</summary>
    private async Task HelpAsync(HostProcess working, IReadOnlyList<HostProcess> helpers)
    {
        using var client = new HostClient(working.Address, _key);
        while (true)
        {
            var helping = (await client.GetAsync("api/v1/hosts", Token))["items"]!.AsArray()
                .Where(static host => (string)host!["state"]! == "helps").Select(static host => int.Parse(((string)host!["name"]!).Split('/')[^1], CultureInfo.InvariantCulture));
            if (helpers.Select(static host => host.Id).All(helping.Contains))
            {
                return;
            }

            await Task.Delay(100, Token);
        }
    }

    /// <summary>How long until the host that works misses one that helped.</summary>
    private async Task<TimeSpan> GoneAsync(HostProcess working, HostProcess helper)
    {
        using var client = new HostClient(working.Address, _key);
        var since = Stopwatch.GetTimestamp();
        while ((await client.GetAsync("api/v1/hosts", Token))["items"]!.AsArray().Any(host => (string)host!["state"]! == "helps" && ((string)host["name"]!).EndsWith($"/{helper.Id}", StringComparison.Ordinal)))
        {
            await Task.Delay(50, Token);
        }

        return Stopwatch.GetElapsedTime(since);
    }

    private static async Task<HostProcess> WorksAsync(IReadOnlyList<HostProcess> hosts)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var first = await Task.WhenAny(hosts.Select(async host =>
        {
            await host.ReadyAsync(over.Token);
            return host;
        }));
        var works = await first;
        await over.CancelAsync();
        return works;
    }

    /// <summary>How many runs a host says that it carried out for another.</summary>
    private static async Task<long> ReadRunsAsync(HostProcess host)
    {
        using var http = new HttpClient { BaseAddress = host.Address };
        var line = (await http.GetStringAsync("metrics", Token)).Split('\n').FirstOrDefault(static line => line.StartsWith("sous_host_runs_total", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    private Platform PlatformOf(HostProcess host, (string Tenant, string Connection) of) => new(new HostClient(host.Address, _key)) { Tenant = of.Tenant, Connection = of.Connection };

    private async Task SellAsync()
    {
        var locations = (await ServiceTruth.ReadAsync(_service, Token))["locations"]!.AsArray();
        foreach (var location in locations)
        {
            using var sold = await _service.PostAsJsonAsync("_simulator/orders", new { locationId = (string)location!["location"]!["id"]! }, Token);
            sold.EnsureSuccessStatusCode();
        }
    }

    /// <summary>What the platform does with the host while that serves, for all tenants at once.</summary>
    private Task WorkAsync(HostProcess host) => Task.WhenAll(_connections.Select(async connection =>
    {
        try
        {
            using var platform = PlatformOf(host, connection);
            await platform.MapAsync(Token);
            var days = new JsonObject { ["from"] = Day(-6), ["to"] = Day(0) };
            await Task.WhenAll(platform.RunAsync("catalog", Token), platform.RunAsync("sales", days, Token));
            await platform.RunAsync("sales", Token);
        }
        catch (Exception e) when (e is HttpRequestException or HostRefusedException or IOException)
        {
            // Cut off, or refused by a host that does not know the locations yet.
        }
    }));

    private static string Day(int offset) => DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(offset).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private async Task<string> ReadAllAsync(HostProcess host)
    {
        var feeds = new List<string>();
        foreach (var connection in _connections)
        {
            using var platform = PlatformOf(host, connection);
            await foreach (var entry in platform.ReadEntriesAsync(Token))
            {
                feeds.Add(entry.ToJsonString());
            }
        }

        return string.Join('\n', feeds);
    }

    private async Task AssertHeldAsync(HostProcess host)
    {
        foreach (var connection in _connections)
        {
            using var platform = PlatformOf(host, connection);
            while (!await platform.MapAsync(Token))
            {
                await Task.Delay(100, Token);
            }

            await platform.SettleAsync(Token);
            ServiceTruth.AssertHeldBy(await platform.ReadFeedAsync(Token), await ServiceTruth.ReadAsync(_service, Token), $"SOUS_SEED={_seed}, {connection.Tenant}");
        }
    }
}
