using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Host.Storage.Sqlite;
using Sous.Plugins.Proofs.Feeds;
using Sous.Plugins.Proofs.Processes;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Deliveries;

/// <summary>
/// Invariant 26: events outlive kill -9 on their way to the platform, which refuses every third at first. SOUS_KILLS says how
/// often (6), SOUS_SEED repeats a run's choices.
/// </summary>
public sealed class DeliveryKillProof(ITestOutputHelper output)
{
    private const string Tenant = "api/v1/tenants/demo";
    private const int Pauses = 6;

    private readonly int _kills = Setting.Of("SOUS_KILLS", 6);
    private readonly int _seed = Setting.Of("SOUS_SEED", Random.Shared.Next());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_event_is_delivered_in_order_and_repeated_under_its_own_id_over_kills_of_the_host()
    {
        // Arrange
        output.WriteLine($"{_kills} kills, SOUS_SEED={_seed}");
        var random = new Random(_seed);
        var data = Directory.CreateTempSubdirectory("sous-deliveries-").FullName;
        await using var simulators = await SimulatorProcess.StartAsync(HostProcess.Folder, ["--orders", "200"], Token);
        var address = HostProcess.FreeAddress();
        var configuration = DemoWalk.Configuration(address, simulators.Services);
        await using var receiver = await WebhookReceiver.StartAsync(Token);
        var refused = new ConcurrentDictionary<string, bool>();
        var unsigned = new ConcurrentBag<string>();
        var (connections, subscription, secret) = await ConnectAsync(address, data, configuration, receiver);
        receiver.Answer = async (request, context) =>
        {
            if (!request.IsSignedBy(secret, TimeProvider.System.GetUtcNow()))
            {
                unsigned.Add(request.Id);
            }

            await Task.Delay(Random.Shared.Next(30), context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return request.Id.GetHashCode(StringComparison.Ordinal) % 3 == 0 && refused.TryAdd(request.Id, true) ? 503 : 200;
        };

        // Act
        var amid = 0;
        for (var kill = 0; kill < _kills; kill++)
        {
            await using var host = HostProcess.Start(address, data, configuration);
            await host.ReadyAsync(Token);
            using var client = host.Client();
            await client.PostAsync($"{Tenant}/subscriptions/{subscription}/enable", null, Token);
            var moment = receiver.Requests.Count + 1 + random.Next(2 * Pauses);
            var pausing = PauseAsync(client, [.. Enumerable.Range(0, Pauses).Select(_ => connections[random.Next(connections.Count)])]);
            while (receiver.Requests.Count < moment && !pausing.IsCompleted)
            {
                await Task.Delay(1, Token);
            }

            await Task.Delay(random.Next(30), Token);
            await host.KillAsync();
            await Task.WhenAny(pausing);
            amid += await IsLeftAsync(data) ? 1 : 0;
        }

        // Assert
        await using var last = HostProcess.Start(address, data, configuration);
        await last.ReadyAsync(Token);
        using var platform = new Platform(last.Client());
        await platform.SettleDeliveriesAsync(subscription, Token);
        var delivered = (await platform.Client.GetAsync($"{Tenant}/deliveries?state=delivered&limit=1000", Token))["items"]!.AsArray().Count;
        var told = await platform.ReadEventsAsync(Token);
        var wanted = told.Where(static one => ((string)one["type"]!).StartsWith("connection.", StringComparison.Ordinal)).ToDictionary(static one => (string)one["id"]!, static one => (long)one["sequence"]!);
        var taken = receiver.Taken.ToList();
        Assert.Empty(unsigned);
        Assert.True(amid > 0, $"No kill left a delivery undone: the proof proves nothing (SOUS_SEED={_seed}).");
        Assert.Equal(wanted.Keys.Order(StringComparer.Ordinal), taken.Select(static request => request.Id).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(wanted.Count, delivered);
        foreach (var lane in taken.DistinctBy(static request => request.Id).GroupBy(static request => request.Connection))
        {
            var sequences = lane.Select(request => wanted[request.Id]).ToList();
            Assert.Equal(sequences.Order(), sequences);
        }

        await AssertVerbsAsync(last, [.. told.Select(static one => (long)one["sequence"]!)], delivered, subscription);
        output.WriteLine($"{wanted.Count} events, {receiver.Requests.Count} attempts, {refused.Count} of them refused; {amid} of {_kills} kills left some undone, {taken.Count - wanted.Count} were taken and came again.");
        await last.StopAsync(Token);
        Directory.Delete(data, recursive: true);
    }

    private static async Task<(List<string> Connections, string Subscription, string Secret)> ConnectAsync(
        Uri address, string data, Dictionary<string, string?> configuration, WebhookReceiver receiver)
    {
        await using var host = HostProcess.Start(address, data, configuration);
        await host.ReadyAsync(Token);
        using var platform = new Platform(host.Client());
        var square = await platform.ConnectAsync(Token);
        var wanted = new JsonObject { ["driver"] = "google-drive", ["returnTo"] = "demo", ["initiator"] = "owner-1", ["settings"] = new JsonObject { ["folders"] = new JsonArray(DemoWalk.RecipesFolder) } };
        var session = await platform.Client.PostAsync($"{Tenant}/connect-sessions", wanted, Token);
        using var browser = new OwnerBrowser();
        await browser.ConsentAsync(new Uri((string)session["url"]!), new Uri(DemoWalk.ReturnAddress), Token);
        var drive = await platform.Client.PostAsync($"{Tenant}/connect-sessions/{(string)session["id"]!}/complete", new JsonObject { ["initiator"] = "owner-1" }, Token);

        // From the beginning of the log.
        var wish = new JsonObject { ["url"] = receiver.Address.AbsoluteUri, ["events"] = new JsonArray("connection.*"), ["after"] = 0 };
        var subscription = await platform.Client.PostAsync($"{Tenant}/subscriptions", wish, Token);
        List<string> connections = [square, (string)drive["id"]!];
        await host.StopAsync(Token);
        return (connections, (string)subscription["id"]!, (string)subscription["secret"]!);
    }

    /// <summary>Each pause and each end of one is an event.</summary>
    private static async Task PauseAsync(HostClient client, IReadOnlyList<string> connections)
    {
        foreach (var connection in connections)
        {
            await client.PostAsync($"{Tenant}/connections/{connection}/pause", null, Token);
            await client.PostAsync($"{Tenant}/connections/{connection}/resume", null, Token);
        }
    }

    /// <summary>Opens the store that the killed host left, as the next host will.</summary>
    private static async Task<bool> IsLeftAsync(string data)
    {
        await using var store = SqliteChangeStore.Open(Path.Combine(data, "changes.db"));
        return (await store.Outbox.ListWaitingAsync(Token)).Count > 0;
    }

    private static async Task AssertVerbsAsync(HostProcess host, IReadOnlyList<long> told, int delivered, string subscription)
    {
        string[] reach = ["--tenant", "demo", "--data", host.Data];
        var tail = await CommandProcess.RunAsync(HostProcess.NoSettings, Token, ["events", "tail", "--once", .. reach]);
        Assert.Equal((0, ""), (tail.Exit, tail.Error));
        // What was told since, of syncs and their records, comes after.
        Assert.Equal(told, tail.Output.Split('\n').Take(told.Count).Select(static line => (long)JsonNode.Parse(line)!["sequence"]!));

        var list = await CommandProcess.RunAsync(HostProcess.NoSettings, Token, ["deliveries", "list", "--json", "--state", "delivered", .. reach]);
        var items = JsonNode.Parse(list.Output)!["items"]!.AsArray();
        Assert.Equal((0, "", delivered), (list.Exit, list.Error, items.Count));

        var replayed = await CommandProcess.RunAsync(HostProcess.NoSettings, Token, ["deliveries", "replay", (string)items[0]!["id"]!, .. reach]);
        Assert.Equal((0, "", (string)items[0]!["id"]!), (replayed.Exit, replayed.Error, replayed.Output));

        var none = await CommandProcess.RunAsync(HostProcess.NoSettings, Token, ["deliveries", "replay", "--dead", "--subscription", subscription, .. reach]);
        Assert.Equal((0, "", "0"), (none.Exit, none.Error, none.Output));

        var unclear = await CommandProcess.RunAsync(HostProcess.NoSettings, Token, ["deliveries", "replay", .. reach]);
        Assert.Equal((2, "Name a delivery, with --edited FILE to send that in its place, or --dead and --subscription."), (unclear.Exit, unclear.Error));
    }
}
