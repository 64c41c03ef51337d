using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Live;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Live;

/// <summary>The Integration Factory over HTTP, for points of sale: what a call asks the driver for, and how it ends.</summary>
public sealed class PosCallTests
{
    private const string Sales = "/api/v1/tenants/t1/pos/sales";
    private const string Catalog = "/api/v1/tenants/t1/pos/catalog";
    private readonly Shop _shop = new();

    public PosCallTests()
    {
        _shop.Open("A", "America/New_York");
        _shop.Open("B", "Asia/Tokyo");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Business_days_are_inclusive_and_each_location_s_own()
    {
        _shop.KeepsToRange = true;
        SellOn("A", "A0", 11);
        SellOn("A", "A1", 12);
        SellOn("A", "A2", 13);
        SellOn("B", "B1", 13);
        SellOn("B", "B2", 14);
        // Refunded long after: a sale counts for the day on which it was made.
        _shop.Sell("B", "B3", static sale => sale with { BusinessDate = new DateOnly(2026, 3, 12), ModifiedAt = SyncingHost.Start.AddHours(-1) });
        await using var app = await MappedAsync();

        Assert.Equal(["A1", "A2", "B1", "B3"], await IdsAsync(app, $"{Sales}?from=2026-03-12&to=2026-03-13"));
        Assert.Equal(["B2"], await IdsAsync(app, $"{Sales}?from=2026-03-14"));
        // What is asked for begins where the day begins there.
        Assert.Equal(
            ["A 2026-03-12T04:00:00", "B 2026-03-11T15:00:00"],
            _shop.Requests.Where(static request => request.Bounded).DistinctBy(static request => request.Location.Ref.Id)
                .Select(static request => $"{request.Location.Ref.Id} {request.Range.From.UtcDateTime:s}"));
    }

    [Fact]
    public async Task The_close_out_hour_moves_where_a_day_begins()
    {
        await using var app = await MappedAsync(new JsonObject { ["ownId"] = "own-A", ["businessDayStart"] = "04:00" });

        await IdsAsync(app, $"{Sales}?from=2026-03-12&location=own-A");

        Assert.Equal("2026-03-12T08:00:00", $"{_shop.Requests.First(static request => request.Bounded).Range.From.UtcDateTime:s}");
    }

    [Fact]
    public async Task Two_locations_of_one_own_id_are_both_asked()
    {
        SellOn("A", "A1", 13);
        SellOn("B", "B1", 13);
        await using var app = await MappedAsync();
        await app.SendAsync(HttpMethod.Put, "locations/B", new JsonObject { ["ownId"] = "own-A" });
        Assert.Equal(["A1", "B1"], await IdsAsync(app, $"{Sales}?from=2026-03-13&location=own-A"));

        await app.SendAsync(HttpMethod.Delete, "locations/B");

        Assert.Equal(["A1"], await IdsAsync(app, $"{Sales}?from=2026-03-13&location=own-A"));
        Assert.Equal(["B1"], await IdsAsync(app, $"{Sales}?from=2026-03-13&location=B"));
    }

    [Fact]
    public async Task What_nobody_has_mapped_is_answered_only_when_it_is_named()
    {
        SellOn("A", "A1", 13);
        SellOn("B", "B1", 13);
        await using var app = await MappedAsync();
        await app.SendAsync(HttpMethod.Delete, "locations/B");

        Assert.Equal(["A1"], await IdsAsync(app, $"{Sales}?from=2026-03-13"));
        Assert.Equal(["B1"], await IdsAsync(app, $"{Sales}?from=2026-03-13&location=B"));
        await app.SendAsync(HttpMethod.Delete, "locations/A");
        var (status, problem) = await app.SendAsync(HttpMethod.Get, $"{Sales}?from=2026-03-13");
        Assert.Equal((HttpStatusCode.Conflict, "locations_unmapped"), (status, (string?)problem["code"]));
        // The catalogue is the connection's, not a location's.
        Assert.Equal(["soup"], await IdsAsync(app, Catalog));
    }

    [Fact]
    public async Task A_location_that_the_service_names_no_more_is_asked_only_by_its_name()
    {
        SellOn("A", "A1", 13);
        SellOn("B", "B1", 13);
        await using var app = await MappedAsync();
        _shop.Locations.RemoveAt(1);
        await app.DiscoverAsync();

        Assert.Equal(["A1"], await IdsAsync(app, $"{Sales}?from=2026-03-13"));
        Assert.Equal(["B1"], await IdsAsync(app, $"{Sales}?from=2026-03-13&location=own-B"));
    }

    [Fact]
    public async Task Nothing_that_a_live_call_fetches_is_stored()
    {
        await using var app = await MappedAsync();
        var store = app.Services.GetRequiredService<IChangeStore>();
        var before = (await store.ReadChangesAsync(new FeedQuery(SyncingHost.Tenant, 0, null, null, 1000), Token)).Changes.Count;
        var runs = (await store.ListRunsAsync(SyncingHost.Id, null, 100, Token)).Count;
        var checkpoint = await store.ReadCheckpointAsync(new Scope(SyncingHost.Id, StreamName.Sales, "A"), Token);
        SellOn("A", "A1", 13);

        Assert.Equal(["A1"], await IdsAsync(app, $"{Sales}?from=2026-03-13"));
        Assert.Equal(["soup"], await IdsAsync(app, Catalog));

        Assert.Equal(before, (await store.ReadChangesAsync(new FeedQuery(SyncingHost.Tenant, 0, null, null, 1000), Token)).Changes.Count);
        Assert.Equal(runs, (await store.ListRunsAsync(SyncingHost.Id, null, 100, Token)).Count);
        Assert.Equal(checkpoint, await store.ReadCheckpointAsync(new Scope(SyncingHost.Id, StreamName.Sales, "A"), Token));
    }

    [Fact]
    public async Task A_failure_midway_is_a_last_line_and_one_before_the_first_a_status()
    {
        SellFive();
        await using var app = await MappedAsync();
        _shop.BeforePage = static (_, page, _) => page == 2 ? throw new DriverException(FailureKind.Transient, "The service is unwell.") : default;
        var lines = await LinesAsync(app, $"{Sales}?from=2026-03-13&location=A");
        _shop.BeforePage = static (_, _, _) => throw new DriverException(FailureKind.Transient, "The service is unwell.");
        var (status, problem) = await app.SendAsync(HttpMethod.Get, $"{Sales}?from=2026-03-13&location=A");

        Assert.Equal(3, lines.Count);
        Assert.Equal("""{"error":{"code":"service_unavailable","detail":"The service is unwell."}}""", lines[^1].ToJsonString());
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "service_unavailable"), (status, (string?)problem["code"]));
    }

    [Fact]
    public async Task One_whose_driver_is_taken_out_of_service_midway_ends_with_a_line_that_says_so()
    {
        SellFive();
        await using var app = await MappedAsync();
        var reached = new TaskCompletionSource();
        _shop.BeforePage = async (_, page, stop) =>
        {
            if (page == 2)
            {
                reached.SetResult();
                await Task.Delay(Timeout.Infinite, stop);
            }
        };
        var asking = LinesAsync(app, $"{Sales}?from=2026-03-13&location=A");
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);

        app.Services.GetRequiredService<LiveCalls>().Stop(new DriverId("another"), "Not this one.");
        app.Services.GetRequiredService<LiveCalls>().Stop(new DriverId("shop"), "The driver serves no more.");

        var lines = await asking.WaitAsync(TimeSpan.FromSeconds(30), Token);
        Assert.Equal(3, lines.Count);
        Assert.Equal("""{"error":{"code":"misconfigured","detail":"The driver serves no more."}}""", lines[^1].ToJsonString());
    }

    [Fact]
    public async Task A_driver_that_goes_round_in_a_circle_is_cut_off()
    {
        SellFive();
        await using var app = await MappedAsync();
        _shop.Position = static _ => "same";

        var lines = await LinesAsync(app, $"{Sales}?from=2026-03-13&location=A");

        Assert.Equal("driver_defect", (string?)lines[^1]["error"]!["code"]);
    }

    [Fact]
    public async Task A_tenant_without_a_point_of_sale_and_one_with_two_are_told()
    {
        await using var app = await MappedAsync();
        await AddConnectionAsync(app, "con_2");
        var (ambiguous, list) = await app.SendAsync(HttpMethod.Get, $"{Sales}?from=2026-03-13");
        var (chosen, _) = await app.SendAsync(HttpMethod.Get, $"{Sales}?from=2026-03-13&connection=con_1");
        await app.UseKeyAsync("tenant:t2");
        var (absent, why) = await app.SendAsync(HttpMethod.Get, "/api/v1/tenants/t2/pos/sales?from=2026-03-13");

        Assert.Equal((HttpStatusCode.Conflict, "connection_ambiguous", HttpStatusCode.OK), (ambiguous, (string?)list["code"], chosen));
        Assert.Equal(["con_1", "con_2"], list["connections"]!.AsArray().Select(static one => (string)one!["id"]!).Order());
        Assert.Equal((HttpStatusCode.Conflict, "capability_absent"), (absent, (string?)why["code"]));
    }

    private void SellOn(string location, string id, int day)
        => _shop.Sell(location, id, sale => sale with { BusinessDate = new DateOnly(2026, 3, day), ModifiedAt = new DateTimeOffset(2026, 3, day, 9, 0, 0, TimeSpan.Zero) });

    private void SellFive()
    {
        foreach (var number in Enumerable.Range(1, 5))
        {
            SellOn("A", $"A{number}", 13);
        }
    }

    /// <summary>Both locations are known and mapped to "own-" and their id; what was sold before is synced.</summary>
    private async Task<SyncingApp> MappedAsync(JsonNode? first = null)
    {
        var app = await SyncingApp.StartAsync(_shop);
        await app.DiscoverAsync();
        await app.SendAsync(HttpMethod.Put, "locations/A", first ?? new JsonObject { ["ownId"] = "own-A" });
        await app.SendAsync(HttpMethod.Put, "locations/B", new JsonObject { ["ownId"] = "own-B" });
        return app;
    }

    private static async Task<IReadOnlyList<JsonNode>> LinesAsync(SyncingApp app, string path)
    {
        var (status, type, lines) = await app.GetLinesAsync(path);
        Assert.Equal((HttpStatusCode.OK, "application/x-ndjson"), (status, type));
        return lines;
    }

    private static async Task<IEnumerable<string>> IdsAsync(SyncingApp app, string path)
        => (await LinesAsync(app, path)).Select(static line => (string)line["ref"]!["id"]!).Order();

    private static Task AddConnectionAsync(SyncingApp app, string id) => app.Services.GetRequiredService<IRegistry>().WriteAsync(
        transaction => transaction.Put(Connection.Collection, transaction.Find(Connection.Collection, SyncingHost.Id.Value)! with { Id = new ConnectionId(id) }),
        Token);
}
