using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Cli;
using Sous.Plugins.Host.Cli.Demo;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Feeds;

/// <summary>The platform's part, over the host's API alone: connects a tenant, maps its locations, wants runs, reads the feed.</summary>
/// <param name="restored">Whether the host's feeds were begun anew by a restore.</param>
internal sealed class Platform(HostClient client, bool restored = false) : IDisposable
{
    /// <summary>The tenant's id.</summary>
    public string Tenant { get; init; } = "demo";

    public string Connection { get; init; } = "";

    /// <summary>What the connection's driver offers.</summary>
    public IReadOnlyList<string> Streams { get; init; } = ["sales", "catalog"];

    public HostClient Client => client;

    public string Path => $"{Root}/connections/{Connection}";

    private string Root => $"api/v1/tenants/{Tenant}";

    public static string OwnId(string externalId) => $"own-{externalId}";

    /// <summary>Connects a tenant to Square.</summary>
    /// <returns>The connection's id.</returns>
    public Task<string> ConnectAsync(CancellationToken cancellationToken) => ConnectAsync("square", null, cancellationToken);

    /// <summary>Connects a tenant through its owner's consent.</summary>
    /// <returns>The connection's id.</returns>
    public async Task<string> ConnectAsync(string driver, JsonObject? settings, CancellationToken cancellationToken)
    {
        await MakeTenantAsync(cancellationToken);
        var wanted = new JsonObject { ["driver"] = driver, ["returnTo"] = "demo", ["initiator"] = "owner-1", ["settings"] = settings };
        var session = await client.PostAsync($"{Root}/connect-sessions", wanted, cancellationToken);
        using var browser = new OwnerBrowser();
        await browser.ConsentAsync(new Uri((string)session["url"]!), new Uri(DemoWalk.ReturnAddress), cancellationToken);
        var connection = await client.PostAsync($"{Root}/connect-sessions/{(string)session["id"]!}/complete", new JsonObject { ["initiator"] = "owner-1" }, cancellationToken);
        return (string)connection["id"]!;
    }

    /// <summary>Binds a tenant as an operator does, where the client logs in as itself.</summary>
    /// <returns>The connection's id.</returns>
    public async Task<string> BindAsync(string driver, JsonObject settings, CancellationToken cancellationToken)
    {
        await MakeTenantAsync(cancellationToken);
        return (string)(await client.PostAsync($"{Root}/connections", new JsonObject { ["driver"] = driver, ["settings"] = settings }, cancellationToken))["id"]!;
    }

    /// <summary>Maps what is not mapped yet.</summary>
    /// <returns>Whether all locations that are known are mapped, and some are known.</returns>
    public async Task<bool> MapAsync(CancellationToken cancellationToken)
    {
        var locations = Items(await client.GetAsync($"{Path}/locations", cancellationToken));
        foreach (var id in locations.Where(static location => location["ownId"] is null).Select(static location => (string)location["externalId"]!))
        {
            await client.PutAsync($"{Path}/locations/{Uri.EscapeDataString(id)}", new JsonObject { ["ownId"] = OwnId(id) }, cancellationToken);
        }

        return locations.Count > 0;
    }

    /// <summary>Runs every stream, one after another, until each has had a run that changed nothing.</summary>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        foreach (var stream in Streams)
        {
            while (await RunAsync(stream, cancellationToken) is var run && ((string)run["outcome"]! != "completed" || (string)run["summary"]! != "Nothing changed."))
            {
                Assert.True((string)run["outcome"]! is "completed" or "retry_later", $"A run ended as {run}.");
            }
        }
    }

    /// <inheritdoc cref="RunAsync(string, JsonObject, CancellationToken)"/>
    public Task<JsonNode> RunAsync(string stream, CancellationToken cancellationToken) => RunAsync(stream, [], cancellationToken);

    /// <summary>Wants a run of its own, waiting for one that is under way.</summary>
    /// <param name="range">From which business day to which; empty: since the checkpoint.</param>
    public async Task<JsonNode> RunAsync(string stream, JsonObject range, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var run = await client.PostAsync($"{Path}/syncs/{stream}/runs", range, cancellationToken);
                while ((string)run["outcome"]! == "running")
                {
                    await Task.Delay(50, cancellationToken);
                    run = await client.GetAsync($"api/v1/runs/{(string)run["id"]!}", cancellationToken);
                }

                return run;
            }
            catch (HostRefusedException e) when (e.Code == "run_in_progress")
            {
                await Task.Delay(100, cancellationToken);
            }
        }
    }

    /// <summary>No schedule brings anything any more: each is a year away.</summary>
    public async Task RestAsync(CancellationToken cancellationToken)
    {
        foreach (var stream in Streams)
        {
            await client.PutAsync($"{Path}/syncs/{stream}", new JsonObject { ["schedule"] = "0 0 1 1 *", ["enabled"] = true }, cancellationToken);
        }
    }

    /// <summary>Has what was refused sent again at once, until nothing waits for the subscription's address.</summary>
    public async Task SettleDeliveriesAsync(string subscription, CancellationToken cancellationToken)
    {
        do
        {
            await client.PostAsync($"{Root}/subscriptions/{subscription}/enable", null, cancellationToken);
            await Task.Delay(100, cancellationToken);
        }
        while ((long)(await client.GetAsync($"{Root}/subscriptions/{subscription}", cancellationToken))["pending"]! > 0);
    }

    /// <summary>The tenant's log of events, from its beginning.</summary>
    public async Task<List<JsonNode>> ReadEventsAsync(CancellationToken cancellationToken)
    {
        var events = new List<JsonNode>();
        for (long after = 0; ; after = (long)events[^1]["sequence"]!)
        {
            var items = Items(await client.GetAsync($"{Root}/events?limit=1000&after={after}", cancellationToken));
            events.AddRange(items);
            if (items.Count < 1000)
            {
                return events;
            }
        }
    }

    public async Task<FeedCheck> ReadFeedAsync(CancellationToken cancellationToken)
    {
        FeedCheck? check = null;
        await foreach (var entry in ReadEntriesAsync(cancellationToken))
        {
            check ??= new FeedCheck(restored ? (long)entry["sequence"]! : 1);
            check.Take(entry);
        }

        return check ?? new FeedCheck();
    }

    public async IAsyncEnumerable<JsonNode> ReadEntriesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (long after = 0; ;)
        {
            var page = await client.GetAsync($"{Root}/changes?limit=1000&after={after}", cancellationToken);
            foreach (var entry in page["changes"]!.AsArray())
            {
                yield return entry!;
            }

            after = (long)page["next"]!;
            if (!(bool)page["more"]!)
            {
                yield break;
            }
        }
    }

    /// <summary>The connection, as the API shows it.</summary>
    public Task<JsonNode> ViewAsync(CancellationToken cancellationToken) => client.GetAsync(Path, cancellationToken);

    public void Dispose() => client.Dispose();

    private Task<JsonNode> MakeTenantAsync(CancellationToken cancellationToken)
        => client.PostAsync("api/v1/tenants", new JsonObject { ["id"] = Tenant, ["name"] = "Demo restaurants" }, cancellationToken);

    private static List<JsonNode> Items(JsonNode list) => [.. list["items"]!.AsArray().Select(static item => item!)];
}
