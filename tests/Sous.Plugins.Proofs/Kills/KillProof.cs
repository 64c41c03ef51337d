using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs.Kills;

/// <summary>
/// Invariants 10, 11 and 15: kill -9 anywhere, nothing lost, nothing twice. The real host syncs the real simulator and is
/// killed at random moments of its start, of the mapping and of the sync, while the service goes on changing.
/// SOUS_KILLS says how often (10), SOUS_SEED repeats a run's choices.
/// </summary>
public sealed class KillProof(ITestOutputHelper output)
{
    private readonly int _kills = Setting.Of("SOUS_KILLS", 10);
    private readonly int _seed = Setting.Of("SOUS_SEED", Random.Shared.Next());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_kills_at_random_moments_the_feed_has_each_record_once_and_the_totals_tie()
    {
        var more = 1 + (_kills / 5);
        output.WriteLine($"{_kills} kills and {more} more, SOUS_SEED={_seed}");
        var data = Directory.CreateTempSubdirectory("sous-kill-").FullName;
        var orders = Math.Max(20_000, 2_000 * _kills).ToString(CultureInfo.InvariantCulture);
        await using var simulators = await SimulatorProcess.StartAsync(HostProcess.Folder, ["--orders", orders, "--days", "60"], Token);
        using var service = new HttpClient { BaseAddress = new Uri((string)simulators.Services["square"]!["apiUrl"]!) };
        var address = HostProcess.FreeAddress();
        var configuration = DemoWalk.Configuration(address, simulators.Services);
        var connection = await ConnectAsync(address, data, configuration);

        // First amid the backfill; then, once all is there, amid changes of what is there.
        var inBoot = await KillOftenAsync(_kills, address, data, configuration, connection, service);
        await using (var amid = HostProcess.Start(address, data, configuration))
        {
            await SettleAsync(amid, connection);
            await amid.KillAsync();
        }

        inBoot += await KillOftenAsync(more, address, data, configuration, connection, service);
        await using var host = HostProcess.Start(address, data, configuration);
        using var platform = await SettleAsync(host, connection);
        var feed = await platform.ReadFeedAsync(Token);
        ServiceTruth.AssertHeldBy(feed, await ServiceTruth.ReadAsync(service, Token), $"SOUS_SEED={_seed}");
        Assert.True(feed.Entries > feed.Current.Count(), "Nothing that was stored changed: the proof proves less than it says.");
        output.WriteLine($"{inBoot} of {_kills + more} kills fell into the start; {feed.Entries} entries in the feed, {feed.Current.Count()} records stand.");
        await host.StopAsync(Token);
        Directory.Delete(data, recursive: true);
    }

    private static async Task<string> ConnectAsync(Uri address, string data, Dictionary<string, string?> configuration)
    {
        await using var host = HostProcess.Start(address, data, configuration);
        await host.ReadyAsync(Token);
        using var platform = new Platform(host.Client());
        var connection = await platform.ConnectAsync(Token);
        await host.KillAsync();
        return connection;
    }

    /// <summary>Until all is mapped and stored, and each stream has had a run that changed nothing.</summary>
    private static async Task<Platform> SettleAsync(HostProcess host, string connection)
    {
        await host.ReadyAsync(Token);
        var platform = new Platform(host.Client()) { Connection = connection };
        while (!await platform.MapAsync(Token))
        {
            await Task.Delay(100, Token);
        }

        await platform.SettleAsync(Token);
        return platform;
    }

    /// <returns>How many kills came before the host was ready.</returns>
    private async Task<int> KillOftenAsync(int kills, Uri address, string data, Dictionary<string, string?> configuration, string connection, HttpClient service)
    {
        var random = new Random(_seed);
        var locations = (await ServiceTruth.ReadAsync(service, Token))["locations"]!.AsArray().Select(static location => location!["location"]!).ToList();
        var inBoot = 0;
        for (var kill = 0; kill < kills; kill++)
        {
            await using var host = HostProcess.Start(address, data, configuration);
            if (random.Next(4) == 0)
            {
                inBoot++;
                await Task.Delay(random.Next(1500), Token);
                await host.KillAsync();
                continue;
            }

            await host.ReadyAsync(Token);
            await ChangeAsync(service, locations[random.Next(locations.Count)], random);
            var working = WorkAsync(host, connection);
            await Task.Delay(random.Next(2500), Token);
            await host.KillAsync();
            await working;
        }

        return inBoot;
    }

    /// <summary>What the platform does with the host until that is killed: maps, and wants runs.</summary>
    private static async Task WorkAsync(HostProcess host, string connection)
    {
        try
        {
            using var platform = new Platform(host.Client()) { Connection = connection };
            await platform.MapAsync(Token);
            await platform.RunAsync("sales", Token);
            await platform.RunAsync("catalog", Token);
        }
        catch (Exception e) when (e is HttpRequestException or HostRefusedException or IOException)
        {
            // Cut off by the kill, or refused by a host that does not know the locations yet.
        }
    }

    /// <summary>A new sale, and an old one is given back: what an earlier run has stored becomes out of date.</summary>
    private static async Task ChangeAsync(HttpClient service, JsonNode location, Random random)
    {
        using var sold = await service.PostAsJsonAsync("_simulator/orders", new { locationId = (string)location["id"]! }, Token);
        sold.EnsureSuccessStatusCode();
        var orders = location["orderIds"]!.AsArray();
        for (var tries = 0; tries < 20; tries++)
        {
            // Not each can be given back: some are open, canceled, or returns themselves.
            using var refunded = await service.PostAsync($"_simulator/orders/{(string)orders[random.Next(orders.Count)]!}/refund", null, Token);
            if (refunded.IsSuccessStatusCode)
            {
                return;
            }
        }

        Assert.Fail("None of 20 orders can be given back.");
    }
}
