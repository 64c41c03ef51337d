using System.Text;
using System.Text.Json.Nodes;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Cli.Demo;

/// <summary>The platform's part in the demo, over the host's API alone.</summary>
internal sealed class DemoWalk(HostClient client, OwnerBrowser browser, Uri host)
{
    /// <summary>Where the platform lets its owners return to. Nothing listens there: the browser stops when it is sent there.</summary>
    public const string ReturnAddress = "http://127.0.0.1:9/connected";

    /// <summary>How far back the simulated restaurants' history goes; within what a first sync fetches.</summary>
    public const int HistoryDays = 60;

    private const string Tenant = "api/v1/tenants/demo";
    private const string Initiator = "owner-1";

    /// <summary>The simulated owner's folder of recipes, as its page's address would tell.</summary>
    public const string RecipesFolder = "1RecipesOfHillAndHarbor000000000";

    /// <summary>What a host must be told to meet the simulators and the demo's platform.</summary>
    public static Dictionary<string, string?> Configuration(Uri host, JsonNode services)
    {
        var configuration = new Dictionary<string, string?>
        {
            ["PublicUrl"] = host.GetLeftPart(UriPartial.Authority),
            ["ReturnAddresses:demo"] = ReturnAddress,
            ["LogLevel"] = "Warning",
        };
        foreach (var (driver, registration) in services.AsObject())
        {
            var client = $"Clients:{driver.Replace('-', '_')}";
            foreach (var (name, value) in registration?.AsObject() ?? [])
            {
                configuration[$"{client}:{name}"] = (string?)value;
            }

            // The simulators limit nothing here, and at Toast's own pace a first run's calls would take longer than all the rest.
            configuration[$"{client}:RateLimits:{RateLimitScope.Registration}"] = "none";
            configuration[$"{client}:RateLimits:{RateLimitScope.Connection}"] = "none";
        }

        return configuration;
    }

    /// <param name="restaurants">The tenant's restaurants at Toast, by their GUIDs.</param>
    /// <param name="progress">Where to it says how far the runs are.</param>
    public async Task<DemoReport> RunAsync(IReadOnlyList<string> restaurants, TextWriter progress, CancellationToken cancellationToken)
    {
        DemoConnection[] connections =
        [
            await ConnectAsync("square", cancellationToken),
            await BindAsync("toast", restaurants, cancellationToken),
            await ConnectFilesAsync("google-drive", cancellationToken),
        ];
        await DemoProgress.ShowAsync(progress, TimeProvider.System, show => FollowAsync(connections, show, cancellationToken));
        var file = await FetchFileAsync(cancellationToken);
        var records = await CountFeedAsync(connections, cancellationToken);
        var days = await ReadDaysAsync(cancellationToken);
        var unchanged = await SyncAgainAsync(connections, cancellationToken);
        return new DemoReport([.. connections.SelectMany(static connection => connection.Locations)], records, days, file, unchanged, host);
    }

    /// <summary>Makes the tenant and a connection that its owner consents to, and maps every location. The first runs begin by themselves.</summary>
    public async Task<DemoConnection> ConnectAsync(string driver, CancellationToken cancellationToken)
    {
        await client.PostAsync("api/v1/tenants", new JsonObject { ["id"] = "demo", ["name"] = "Demo restaurants" }, cancellationToken);
        return await MapAsync(driver, await AuthorizeAsync(driver, cancellationToken), cancellationToken);
    }

    /// <summary>Makes a connection to a service where the client logs in as itself: an operator binds the tenant's restaurants.</summary>
    private async Task<DemoConnection> BindAsync(string driver, IReadOnlyList<string> restaurants, CancellationToken cancellationToken)
    {
        var settings = new JsonObject { ["restaurants"] = new JsonArray([.. restaurants.Select(static guid => (JsonNode)guid)]) };
        return await MapAsync(driver, await client.PostAsync($"{Tenant}/connections", new JsonObject { ["driver"] = driver, ["settings"] = settings }, cancellationToken), cancellationToken);
    }

    /// <summary>Makes a connection to the storage service, for one of the owner's folders.</summary>
    private async Task<DemoConnection> ConnectFilesAsync(string driver, CancellationToken cancellationToken)
    {
        var id = Text(await AuthorizeAsync(driver, cancellationToken, new JsonObject { ["folders"] = new JsonArray(RecipesFolder) }), "id");
        return new DemoConnection(driver, id, $"{Tenant}/connections/{id}", []);
    }

    private async Task<JsonNode> AuthorizeAsync(string driver, CancellationToken cancellationToken, JsonObject? settings = null)
    {
        var wanted = new JsonObject { ["driver"] = driver, ["returnTo"] = "demo", ["initiator"] = Initiator, ["settings"] = settings };
        var session = await client.PostAsync($"{Tenant}/connect-sessions", wanted, cancellationToken);
        var url = new Uri((string?)session["url"] ?? throw new DemoFailedException("The connect session has no address."));
        var landed = await browser.ConsentAsync(url, new Uri(ReturnAddress), cancellationToken);
        if (!landed.Query.Contains("completion=", StringComparison.Ordinal))
        {
            throw new DemoFailedException($"The owner did not come back with a completion: {landed.Query}");
        }

        // The platform checks here, in its own session, that the user is the one who started.
        return await client.PostAsync($"{Tenant}/connect-sessions/{(string?)session["id"]}/complete", new JsonObject { ["initiator"] = Initiator }, cancellationToken);
    }

    private async Task<DemoConnection> MapAsync(string driver, JsonNode connection, CancellationToken cancellationToken)
    {
        var id = Text(connection, "id");
        var path = $"{Tenant}/connections/{id}";
        var found = await client.PostAsync($"{path}/locations/discover", null, cancellationToken);
        var locations = new List<DemoLocation>();
        foreach (var item in Items(found))
        {
            var location = new DemoLocation(Text(item, "externalId"), Slug(Text(item, "name")), Text(item, "name"), Text(item, "timeZone"));
            await client.PutAsync($"{path}/locations/{Uri.EscapeDataString(location.ExternalId)}", new JsonObject { ["ownId"] = location.OwnId }, cancellationToken);
            locations.Add(location);
        }

        return new DemoConnection(driver, id, path, locations);
    }

    /// <summary>Follows the first runs, which the connects started, until each has ended.</summary>
    private async Task FollowAsync(IReadOnlyList<DemoConnection> connections, Action<RunLine> show, CancellationToken cancellationToken)
    {
        var open = connections.ToList();
        while (open.Count > 0)
        {
            foreach (var connection in open.ToArray())
            {
                var runs = Items(await client.GetAsync($"{connection.Path}/runs", cancellationToken));
                var lines = runs.ConvertAll(run => new RunLine(Text(run, "id"), $"{connection.Service} {Text(run, "stream")}", Stored(run), (int)Count(run, "pages"), Text(run, "outcome")));
                lines.ForEach(show);
                if (lines.Count > 0 && lines.TrueForAll(static line => line.HasEnded))
                {
                    ThrowIfIncomplete(runs);
                    open.Remove(connection);
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
        }
    }

    /// <summary>Runs each stream once more: nothing may change.</summary>
    private async Task<bool> SyncAgainAsync(IReadOnlyList<DemoConnection> connections, CancellationToken cancellationToken)
    {
        var changes = 0L;
        foreach (var connection in connections)
        {
            changes += await SyncAgainAsync(connection.Path, cancellationToken);
        }

        return changes == 0;
    }

    private async Task<long> SyncAgainAsync(string connection, CancellationToken cancellationToken)
    {
        var changes = 0L;
        foreach (var sync in Items(await client.GetAsync($"{connection}/syncs", cancellationToken)))
        {
            var run = await client.PostAsync($"{connection}/syncs/{Text(sync, "stream")}/runs", new JsonObject(), cancellationToken);
            while (Text(run, "outcome") == "running")
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
                run = await client.GetAsync($"api/v1/runs/{Text(run, "id")}", cancellationToken);
            }

            ThrowIfIncomplete([run]);
            changes += Stored(run);
        }

        return changes;
    }

    private async Task<IReadOnlyDictionary<(string Service, string Stream, string? Location), int>> CountFeedAsync(IReadOnlyList<DemoConnection> connections, CancellationToken cancellationToken)
    {
        var services = connections.ToDictionary(static connection => connection.Id, static connection => connection.Service);
        var counts = new Dictionary<(string, string, string?), int>();
        long after = 0;
        while (true)
        {
            var page = await client.GetAsync($"{Tenant}/changes?limit=1000&after={after}", cancellationToken);
            foreach (var change in page["changes"]?.AsArray() ?? [])
            {
                var key = (services[Text(change, "connection")], Text(change, "stream"), (string?)change?["location"]);
                counts[key] = counts.GetValueOrDefault(key) + 1;
            }

            after = (long?)page["next"] ?? after;
            if ((bool?)page["more"] != true)
            {
                return counts;
            }
        }
    }

    /// <summary>Fetches the first file with a checksum live through the host, and holds its bytes against that.</summary>
    private async Task<DemoFile> FetchFileAsync(CancellationToken cancellationToken)
    {
        using var lines = new MemoryStream();
        await client.DownloadAsync($"{Tenant}/storage/files", lines, cancellationToken);
        var file = Encoding.UTF8.GetString(lines.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => JsonNode.Parse(line))
            .FirstOrDefault(static file => (bool?)file?["downloadable"] == true && file["md5"] is not null)
            ?? throw new DemoFailedException("The storage service has no file that could be fetched.");
        using var content = new MemoryStream();
        await client.DownloadAsync($"{Tenant}/storage/files/{Uri.EscapeDataString(Text(file["ref"], "id"))}/content", content, cancellationToken);
        return DemoFile.Of(Text(file, "name"), Text(file, "md5"), content.ToArray());
    }

    private async Task<IReadOnlyList<JsonNode>> ReadDaysAsync(CancellationToken cancellationToken)
    {
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        // A day more on either side: somewhere on earth it is tomorrow already.
        return Items(await client.GetAsync($"{Tenant}/days?tieOut=true&from={today.AddDays(-HistoryDays - 1):yyyy-MM-dd}&to={today.AddDays(1):yyyy-MM-dd}", cancellationToken));
    }

    private static void ThrowIfIncomplete(IEnumerable<JsonNode> runs)
    {
        foreach (var run in runs.Where(static run => Text(run, "outcome") != "completed"))
        {
            throw new DemoFailedException($"The run of {Text(run, "stream")} ended as {Text(run, "outcome")}: {(string?)run["reason"]}");
        }
    }

    private static long Stored(JsonNode run) => Count(run, "inserted") + Count(run, "updated") + Count(run, "deleted");

    private static long Count(JsonNode run, string name) => (long?)run[name] ?? 0;

    private static List<JsonNode> Items(JsonNode list) => [.. (list["items"]?.AsArray() ?? []).OfType<JsonNode>()];

    private static string Text(JsonNode? node, string name)
        => (string?)node?[name] ?? throw new DemoFailedException($"The host's answer lacks '{name}'.");

    private static string Slug(string name)
        => string.Join('-', name.ToLowerInvariant().Split([.. name.ToLowerInvariant().Where(static c => !char.IsAsciiLetterOrDigit(c)).Distinct()], StringSplitOptions.RemoveEmptyEntries));
}
