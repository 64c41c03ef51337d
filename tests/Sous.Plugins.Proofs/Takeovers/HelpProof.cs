using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs.Takeovers;

/// <summary>
/// Three real hosts on one real PostgreSQL: one works, the others help it, and each of them goes amid runs, by kill -9 or asleep. SOUS_HELPERS says
/// how often (1), SOUS_SEED repeats the choices.
/// </summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class HelpProof(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Tenants = 3;

    private readonly int _rounds = Setting.Of("SOUS_HELPERS", 1);
    private readonly int _seed = Setting.Of("SOUS_SEED", Random.Shared.Next());
    private readonly List<(string Tenant, string Connection)> _connections = [];
    private SharedSquare _square = null!;
    private SharedHosts _hosts = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _square = await SharedSquare.StartAsync("--orders", "1000", "--days", "20");
        _hosts = await _square.StartHostsAsync(async (hosts, first) =>
        {
            for (var tenant = 0; tenant < Tenants; tenant++)
            {
                using var platform = new Platform(hosts.ClientOf(first)) { Tenant = $"demo-{tenant}" };
                _connections.Add((platform.Tenant, await platform.ConnectAsync(Token)));
            }
        });

        // The host that works has so few places that the others are needed.
        _hosts.Configuration["Syncing:MaxConcurrentRuns"] = "2";
    }

    public async ValueTask DisposeAsync()
    {
        await (_hosts?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_square?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Fact]
    public async Task Hosts_that_help_carry_out_runs_and_whichever_host_goes_amid_them_each_record_is_there_once()
    {
        var random = new Random(_seed);
        var (helped, missed, asleep, times) = (0L, new List<TimeSpan>(), new List<TimeSpan>(), new List<TimeSpan>());
        var working = _hosts.Next();
        await working.ReadyAsync(Token);
        List<HostProcess> helpers = [_hosts.Next(), _hosts.Next()];
        for (var round = 0; round < _rounds; round++)
        {
            await _hosts.HelpAsync(working, helpers);
            await _square.SellAsync();
            var before = ReadProcessor(working, helpers);
            await WorkAsync(working);
            var after = ReadProcessor(working, helpers);
            output.WriteLine($"Processor time of {Tenants} tenants' backfill: {(after.Working - before.Working).TotalSeconds:F1} s of the host that works, {(after.Helpers - before.Helpers).TotalSeconds:F1} s of those that help.");
            helped += await SharedHosts.ReadRunsAsync(helpers[0]) + await SharedHosts.ReadRunsAsync(helpers[1]);

            // One that helps is killed, the other sleeps.
            await _square.SellAsync();
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
            helpers[0] = _hosts.Next();
            await _hosts.HelpAsync(working, helpers);
            Assert.Equal(held, await ReadAllAsync(working));

            // The one that works is killed: one of the others does its work, and is helped by the last.
            await _square.SellAsync();
            work = WorkAsync(working);
            await Task.Delay(random.Next(800), Token);
            var since = Stopwatch.GetTimestamp();
            await working.KillAsync();
            working = await SharedHosts.WorksAsync(helpers);
            times.Add(Stopwatch.GetElapsedTime(since));
            helpers.Remove(working);
            helpers.Add(_hosts.Next());
            await work;
            await _hosts.HelpAsync(working, helpers);
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

    /// <summary>How long until the host that works misses one that helped.</summary>
    private async Task<TimeSpan> GoneAsync(HostProcess working, HostProcess helper)
    {
        var since = Stopwatch.GetTimestamp();
        while ((await _hosts.ListAsync(working)).Contains((helper.Id, "helps")))
        {
            await Task.Delay(50, Token);
        }

        return Stopwatch.GetElapsedTime(since);
    }

    private Platform PlatformOf(HostProcess host, (string Tenant, string Connection) of) => new(_hosts.ClientOf(host)) { Tenant = of.Tenant, Connection = of.Connection };

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
            await _square.AssertHeldAsync(platform, $"SOUS_SEED={_seed}, {connection.Tenant}");
        }
    }
}
