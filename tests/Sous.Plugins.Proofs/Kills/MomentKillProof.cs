using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs.Kills;

/// <summary>
/// Invariants 10 and 15: kill -9 after a page, between two locations or folders and between two windows, chosen by what the
/// service was just asked, loses no update and tells none twice. The service changes while the host walks and while it is down.
/// SOUS_MOMENT_KILLS says how often each (5), SOUS_SEED repeats a run's choices.
/// </summary>
public sealed class MomentKillProof(ITestOutputHelper output)
{
    /// <summary>Kills amid the first listing; then, once all is there, amid changes. After both a new data folder begins.</summary>
    private const int AmidHistory = 4;
    private const int AmidChanges = 4;

    private readonly int _kills = Setting.Of("SOUS_MOMENT_KILLS", 5);
    private readonly int _seed = Setting.Of("SOUS_SEED", Random.Shared.Next());
    private readonly SortedDictionary<string, int> _met = new(StringComparer.Ordinal);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Square_killed_between_pages_locations_and_listings_is_told_whole_and_once() => await ProveAsync(await KilledSquare.StartAsync(orders: 12_000, days: 60, Token));

    [Fact]
    public async Task Toast_killed_between_pages_restaurants_and_windows_is_told_whole_and_once() => await ProveAsync(await KilledToast.StartAsync(Token));

    [Fact]
    public async Task Drive_killed_between_pages_folders_and_logs_is_told_whole_and_once() => await ProveAsync(await KilledDrive.StartAsync(Token));

    private async Task ProveAsync(KilledService service)
    {
        await using var ending = service;
        var random = new Random(_seed);
        var gate = new RequestGate(service, new Random(_seed));
        service.Watch(gate);
        output.WriteLine($"{_kills} kills, SOUS_SEED={_seed}");
        // One for all data folders: a service takes its answers back to the address that was registered alone.
        var address = HostProcess.FreeAddress();
        var entries = 0L;
        for (var left = _kills; left > 0; left -= AmidHistory + AmidChanges)
        {
            // Of few kills two are left for the changes.
            var amidHistory = Math.Min(AmidHistory, Math.Max(1, left - 2));
            entries += await ProveOnceAsync(service, gate, address, random, amidHistory, Math.Min(AmidChanges, left - amidHistory));
        }

        output.WriteLine($"Met: {string.Join(", ", _met.Select(static met => $"{met.Key} {met.Value}"))}; {gate.Requests} requests of walks; {entries} entries in the feeds.");
        Assert.True(_met.Where(static met => met.Key.StartsWith("amid", StringComparison.Ordinal)).Sum(static met => met.Value) > _kills / 2, "Most moments were not met: the proof proves little.");
    }

    /// <returns>Entries in the feed.</returns>
    private async Task<long> ProveOnceAsync(KilledService service, RequestGate gate, Uri address, Random random, int amidHistory, int amidChanges)
    {
        var data = Directory.CreateTempSubdirectory("sous-moment-").FullName;
        var configuration = DemoWalk.Configuration(address, new JsonObject { [service.Driver] = service.Registration });
        gate.Close();
        var connection = await ConnectAsync(service, address, data, configuration);
        for (var kill = 0; kill < amidHistory + amidChanges; kill++)
        {
            if (kill == amidHistory)
            {
                gate.Open();
                await using var amid = HostProcess.Start(address, data, configuration);
                using var settled = await SettleAsync(service, amid, connection);
                await amid.KillAsync();
            }

            var moment = KillMoment.Choose(random, kind => service.MostSteps(kind, kill < amidHistory));
            // While it is down; amid changes so many that they fill pages, or there would be no steps.
            for (var change = kill < amidHistory ? random.Next(50) : 450 + random.Next(300); change > 0; change--)
            {
                service.Change(random);
            }

            gate.Close();
            await using var host = HostProcess.Start(address, data, configuration);
            await KillAsync(service, gate, host, connection, moment, kill < amidHistory ? "history" : "changes");
        }

        gate.Open();
        await using var last = HostProcess.Start(address, data, configuration);
        using var platform = await SettleAsync(service, last, connection);
        var feed = await platform.ReadFeedAsync(Token);
        await service.AssertHeldByAsync(feed, $"SOUS_SEED={_seed}", Token);
        Assert.True(feed.Entries > feed.Current.Count(), "Nothing that was stored changed: the proof proves less than it says.");
        await last.StopAsync(Token);
        Directory.Delete(data, recursive: true);
        return feed.Entries;
    }

    private static async Task<string> ConnectAsync(KilledService service, Uri address, string data, Dictionary<string, string?> configuration)
    {
        await using var host = HostProcess.Start(address, data, configuration);
        await host.ReadyAsync(Token);
        using var connecting = new Platform(host.Client());
        var connection = await service.ConnectAsync(connecting, Token);
        using var platform = PlatformOf(service, host, connection);
        while (service.Streams.Contains("sales") && !await platform.MapAsync(Token))
        {
            await Task.Delay(50, Token);
        }

        await host.KillAsync();
        return connection;
    }

    private async Task KillAsync(KilledService service, RequestGate gate, HostProcess host, string connection, KillMoment moment, string amid)
    {
        var met = gate.Arm(moment, host.KillAsync);
        var working = WorkAsync(service, host, connection);
        await Task.WhenAny(met, working);
        // Whoever is cut off by the kill may see it before it is done.
        var name = gate.HasActed ? $"amid {amid} {moment.Kind}{(moment.Answered ? " answered" : "")}" : $"after {amid}";
        _met[name] = _met.GetValueOrDefault(name) + 1;
        await (gate.HasActed ? met : host.KillAsync());
        await working;
    }

    /// <summary>What the platform does with the host until that is killed: wants runs of all that there is.</summary>
    private static async Task WorkAsync(KilledService service, HostProcess host, string connection)
    {
        try
        {
            await host.ReadyAsync(Token);
            using var platform = PlatformOf(service, host, connection);
            foreach (var stream in service.Streams)
            {
                await platform.RunAsync(stream, Token);
            }
        }
        catch (Exception e) when (e is HttpRequestException or HostRefusedException or IOException or InvalidOperationException)
        {
            // Cut off by the kill.
        }
    }

    /// <summary>Until each stream has had a run that changed nothing.</summary>
    private static async Task<Platform> SettleAsync(KilledService service, HostProcess host, string connection)
    {
        await host.ReadyAsync(Token);
        var platform = PlatformOf(service, host, connection);
        await platform.SettleAsync(Token);
        return platform;
    }

    private static Platform PlatformOf(KilledService service, HostProcess host, string connection) => new(host.Client()) { Connection = connection, Streams = service.Streams };
}
