using System.Text.Json.Nodes;
using Sous.Plugins.Proofs.Backups;

namespace Sous.Plugins.Proofs.Migrations;

/// <summary>What a host tells of what it keeps, in lines that do not name the places in its feeds.</summary>
internal sealed record Told(IReadOnlyList<string> Feed, IReadOnlyCollection<string> Rest)
{
    public static async Task<Told> ByAsync(LiveHost live, CancellationToken cancellationToken)
    {
        var (client, platform) = (live.Platform.Client, live.Platform);
        var feed = new List<string>();
        await foreach (var entry in platform.ReadEntriesAsync(cancellationToken))
        {
            feed.Add(Without(entry, "sequence"));
        }

        var rest = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in (string[])["api/v1/tenants", "api/v1/keys", $"{platform.Path}/locations", $"{platform.Path}/syncs/sales/checkpoints"])
        {
            Add(path, await client.GetAsync(path, cancellationToken), "lastUsedAt", "seal");
        }

        foreach (var path in (string[])[$"{platform.Path}/runs", "api/v1/tenants/demo/deliveries?state=delivered"])
        {
            Add(path, await client.ListAsync(path, cancellationToken));
        }

        foreach (var told in await platform.ReadEventsAsync(cancellationToken))
        {
            rest.Add(told.ToJsonString());
        }

        var connection = await platform.ViewAsync(cancellationToken);
        rest.Add(string.Join('|', ((string[])["id", "tenant", "driver", "status", "version"]).Select(member => connection[member]?.ToJsonString())));
        return new Told(feed, rest);

        void Add(string path, JsonNode list, params string[] without) => rest.UnionWith(
            list["items"]!.AsArray().Select(static item => item!).Where(static item => (string?)item["outcome"] != "running").Select(item => $"{path} {Without(item, without)}"));
    }

    /// <summary>All that was told before is told now, the feed in the same order; what the host has done since may be there too.</summary>
    public void AssertHoldsAll(Told before)
    {
        Assert.Equal(before.Feed, Feed.Take(before.Feed.Count));
        Assert.Empty(before.Rest.Except(Rest));
    }

    private static string Without(JsonNode node, params string[] members)
    {
        var copy = node.DeepClone().AsObject();
        foreach (var member in members)
        {
            copy.Remove(member);
        }

        return copy.ToJsonString();
    }
}
