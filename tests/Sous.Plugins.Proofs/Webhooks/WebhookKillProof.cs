using System.Net.Http.Json;
using System.Text.Json;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Host.Storage.Sqlite;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Proofs.Processes;

namespace Sous.Plugins.Proofs.Webhooks;

/// <summary>
/// Invariant 24: what was acknowledged outlives kill -9. Nothing but webhooks brings the orders: the schedules are a year away.
/// SOUS_KILLS says how often (10), SOUS_SEED repeats a run's choices.
/// </summary>
public sealed class WebhookKillProof(ITestOutputHelper output)
{
    private readonly int _kills = Setting.Of("SOUS_KILLS", 10);
    private readonly int _seed = Setting.Of("SOUS_SEED", Random.Shared.Next());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_webhook_that_was_acknowledged_is_lost_or_told_twice_by_kills_before_it_is_worked_off()
    {
        // Arrange
        output.WriteLine($"{_kills} kills, SOUS_SEED={_seed}");
        var random = new Random(_seed);
        var data = Directory.CreateTempSubdirectory("sous-webhooks-").FullName;
        await using var simulators = await SimulatorProcess.StartAsync(HostProcess.Folder, ["--orders", "200"], Token);
        using var service = new HttpClient { BaseAddress = new Uri((string)simulators.Services["square"]!["apiUrl"]!) };
        var address = HostProcess.FreeAddress();
        var configuration = DemoWalk.Configuration(address, simulators.Services);
        var connection = await ConnectAsync(address, data, configuration, service);
        var location = (string)(await ServiceTruth.ReadAsync(service, Token))["locations"]![0]!["location"]!["id"]!;

        // Act
        var all = new List<string>();
        var open = 0;
        for (var kill = 0; kill < _kills; kill++)
        {
            await using var host = HostProcess.Start(address, data, configuration);
            await host.ReadyAsync(Token);
            var orders = await SellAsync(service, location, 1 + random.Next(3));
            await Task.Delay(random.Next(2) * random.Next(80), Token);
            await host.KillAsync();
            open += await CountOpenAsync(data) > 0 ? 1 : 0;
            all.AddRange(orders);
        }

        // Assert
        await using var last = HostProcess.Start(address, data, configuration);
        await last.ReadyAsync(Token);
        using var platform = new Platform(last.Client()) { Connection = connection };
        var told = await ReadToldAsync(platform, all.Count);
        var feed = await platform.ReadFeedAsync(Token);
        Assert.Empty(feed.Findings);
        Assert.Equal(all.Order(), feed.Current.Where(entry => all.Contains(entry.Id)).Select(static entry => entry.Id).Order());
        Assert.Equal(all.Order(), told.Order());
        Assert.True(open > 0, $"No kill fell between acknowledgement and work: the proof proves nothing (SOUS_SEED={_seed}).");
        output.WriteLine($"{open} of {_kills} kills left acknowledged events undone; {all.Count} orders, each in the feed and told once.");
        await last.StopAsync(Token);
        Directory.Delete(data, recursive: true);
    }

    private static async Task<string> ConnectAsync(Uri address, string data, Dictionary<string, string?> configuration, HttpClient service)
    {
        await using var host = HostProcess.Start(address, data, configuration);
        await host.ReadyAsync(Token);
        using var connecting = new Platform(host.Client());
        var connection = await connecting.ConnectAsync(Token);
        using var platform = new Platform(host.Client()) { Connection = connection };
        while (!await platform.MapAsync(Token))
        {
            await Task.Delay(100, Token);
        }

        await platform.SettleAsync(Token);
        await platform.RestAsync(Token);
        var webhook = (await platform.Client.GetAsync("api/v1/drivers/square", Token))["webhook"]!;
        Assert.Null(webhook["remedy"]);
        using var registered = await service.PostAsJsonAsync("_simulator/webhooks", new { address = (string)webhook["address"]! }, Token);
        registered.EnsureSuccessStatusCode();
        await host.StopAsync(Token);
        return connection;
    }

    /// <summary>Sells orders, and waits until the host has acknowledged a webhook of each being new.</summary>
    private static async Task<List<string>> SellAsync(HttpClient service, string location, int count)
    {
        var orders = new List<string>();
        for (var i = 0; i < count; i++)
        {
            using var sold = await service.PostAsJsonAsync("_simulator/orders", new { locationId = location }, Token);
            orders.Add((await sold.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("orderId").GetString()!);
        }

        while (true)
        {
            var attempts = await service.GetFromJsonAsync<JsonElement>("_simulator/webhooks", Token);
            var acknowledged = attempts.EnumerateArray()
                .Where(static attempt => attempt.GetProperty("type").GetString() == "order.created" && attempt.GetProperty("status").GetInt32() == 200)
                .Select(static attempt => attempt.GetProperty("orderId").GetString()!).ToHashSet();
            if (orders.TrueForAll(acknowledged.Contains))
            {
                return orders;
            }

            await Task.Delay(2, Token);
        }
    }

    /// <summary>Opens the store that the killed host left, as the next host will.</summary>
    private static async Task<int> CountOpenAsync(string data)
    {
        await using var store = SqliteChangeStore.Open(Path.Combine(data, "changes.db"));
        return (await store.Inbox.ReadNewAsync(1_000, Token)).Count + (await store.Inbox.ListWorkAsync(Token)).Count;
    }

    /// <returns>The ids that <c>order.created</c> named, once there are enough.</returns>
    private static async Task<List<string>> ReadToldAsync(Platform platform, int enough)
    {
        while (true)
        {
            var told = (await platform.ReadEventsAsync(Token)).Where(static told => (string)told["type"]! == "order.created")
                .SelectMany(static told => told["records"]!.AsArray().Select(static id => (string)id!)).ToList();
            if (told.Count >= enough)
            {
                return told;
            }

            await Task.Delay(100, Token);
        }
    }
}
