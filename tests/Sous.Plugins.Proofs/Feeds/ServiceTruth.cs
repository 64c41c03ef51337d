using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Proofs.Feeds;

/// <summary>What the simulated service holds, by its own word.</summary>
internal static class ServiceTruth
{
    public static async Task<JsonNode> ReadAsync(HttpClient service, CancellationToken cancellationToken)
        => (await service.GetFromJsonAsync<JsonNode>("_simulator/truth?closeOutHour=0", cancellationToken))!;

    /// <summary>The feed stands as the service does: each order and catalogue entry once, and all totals tie.</summary>
    /// <param name="context">Stands before what is found.</param>
    public static void AssertHeldBy(FeedCheck feed, JsonNode truth, string context)
    {
        Assert.True(feed.Findings.Count == 0, $"{context}: {string.Join('\n', feed.Findings.Take(20))}");
        var sales = feed.Current.Where(static record => record.Stream == "sales").ToList();
        foreach (var location in truth["locations"]!.AsArray().Select(static location => location!["location"]!))
        {
            var there = location["orderIds"]!.AsArray().Select(static id => (string)id!).ToHashSet();
            var here = sales.Where(sale => (string)sale.Entry["location"]! == Platform.OwnId((string)location["id"]!)).Select(static sale => sale.Id).ToHashSet();
            Assert.True(there.SetEquals(here), $"{context}: {(string)location["name"]!} has {there.Count} orders, of which {there.Except(here).Count()} are missing in the feed; {here.Except(there).Count()} are in it that do not exist.");
        }

        Assert.Equal(DayMoney.OfTruth(truth, Platform.OwnId), DayMoney.OfSales(sales.Select(static sale => sale.Entry)));
        var catalog = truth["catalogIds"]!.AsArray().Select(static id => (string)id!).ToHashSet();
        var entries = feed.Current.Where(static record => record.Stream == "catalog").Select(static record => record.Id).ToList();
        Assert.NotEmpty(entries);
        Assert.All(entries, id => Assert.Contains(id, catalog));
    }
}
