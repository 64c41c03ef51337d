using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Syncing;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;

namespace Sous.Plugins.Host.Tests.Locations;

public sealed class SuggestionTests
{
    private const string Own = "/api/v1/tenants/t1/own-locations";
    private static readonly HttpMethod Get = HttpMethod.Get;
    private static readonly HttpMethod Put = HttpMethod.Put;
    private readonly Shop _shop = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_locations_that_the_platform_declared_are_suggested_best_first_with_reasons_and_nothing_is_mapped()
    {
        Open("L1", "Joe's Pizza – Hill Street", "12 Hill Street, Springfield 01101", "+1 413 555 0100");
        await using var app = await SyncingApp.StartAsync(_shop);
        await app.DiscoverAsync();
        await DeclareAsync(
            app,
            new JsonObject { ["ownId"] = "main", ["name"] = "Joes Pizza Main St", ["address"] = "8 Main St, Springfield 01101", ["timeZone"] = "UTC" },
            new JsonObject { ["ownId"] = "hill", ["name"] = "Joe's Pizza Hill St.", ["address"] = "12 Hill St", ["phone"] = "(413) 555-0100", ["timeZone"] = "UTC", ["currency"] = "USD" });

        var item = Assert.Single(await SuggestAsync(app))!;

        Assert.Equal("L1", (string)item["externalId"]!);
        var best = item["suggestions"]![0]!;
        Assert.Equal("hill", (string)best["ownId"]!);
        Assert.InRange((double)best["confidence"]!, 0.95, 1);
        Assert.Equal(
            ["The name is the same: 'Joe's Pizza Hill St.'.", "The address is the same.", "The telephone number is the same.", "The time zone is the same: UTC.", "The currency is the same: USD."],
            best["reasons"]!.AsArray().Select(static reason => (string)reason!));
        Assert.DoesNotContain(item["suggestions"]!.AsArray().Skip(1), static other => (double)other!["confidence"]! > 0.5);
        Assert.Null((await app.SendAsync(Get, "locations")).Body["items"]![0]!["ownId"]);
    }

    [Fact]
    public async Task An_own_id_is_known_by_what_another_connection_tells_of_the_location_mapped_to_it()
    {
        Open("L1", "Café Zürich", "Hauptstraße 5, 10115 Berlin", null);
        await using var app = await SyncingApp.StartAsync(_shop);
        await app.DiscoverAsync();
        await MapElsewhereAsync(app, "con_2", "T9", "zurich", "CAFE ZUERICH", "Hauptstr. 5, Berlin");

        var suggestion = Assert.Single((await SuggestAsync(app))[0]!["suggestions"]!.AsArray())!;

        Assert.Equal("zurich", (string)suggestion["ownId"]!);
        Assert.InRange((double)suggestion["confidence"]!, 0.7, 1);
        Assert.Contains("The address is the same.", suggestion["reasons"]!.AsArray().Select(static reason => (string)reason!));
    }

    [Fact]
    public async Task An_own_id_that_another_location_of_the_connection_has_is_suggested_with_less_confidence_and_says_so()
    {
        Open("L1", "Corner Deli", null, null);
        Open("L2", "Corner Deli", null, null);
        await using var app = await SyncingApp.StartAsync(_shop);
        await app.DiscoverAsync();
        await app.SendAsync(Put, "locations/L1", new JsonObject { ["ownId"] = "deli" });

        var suggestion = (await SuggestAsync(app))[0]!["suggestions"]![0]!;

        Assert.Equal(("deli", true), ((string)suggestion["ownId"]!, (double)suggestion["confidence"]! < 0.5));
        Assert.Contains("'Corner Deli' of the same connection is mapped to it already.", suggestion["reasons"]!.AsArray().Select(static reason => (string)reason!));
    }

    [Fact]
    public async Task A_mapped_location_comes_with_suggestions_only_when_it_has_changed_and_never_suggests_itself()
    {
        Open("L1", "Corner Deli", null, null);
        await using var app = await SyncingApp.StartAsync(_shop);
        await app.DiscoverAsync();
        await DeclareAsync(app, new JsonObject { ["ownId"] = "bar", ["name"] = "River Bar" });
        await app.SendAsync(Put, "locations/L1", new JsonObject { ["ownId"] = "deli" });
        Assert.Empty(await SuggestAsync(app));

        _shop.Locations[0] = _shop.Locations[0] with { Name = "River Bar" };
        await app.DiscoverAsync();
        var item = Assert.Single(await SuggestAsync(app))!;

        Assert.Equal(("deli", "bar"), ((string)item["ownId"]!, (string)Assert.Single(item["suggestions"]!.AsArray())!["ownId"]!));
    }

    [Fact]
    public async Task What_fits_nothing_has_no_suggestions()
    {
        Open("L1", "Corner Deli", "1 Oak Avenue", null);
        await using var app = await SyncingApp.StartAsync(_shop);
        await app.DiscoverAsync();
        await DeclareAsync(app, new JsonObject { ["ownId"] = "bar", ["name"] = "River Bar", ["address"] = "77 Quay", ["timeZone"] = "UTC", ["currency"] = "USD" });

        Assert.Empty(Assert.Single(await SuggestAsync(app))!["suggestions"]!.AsArray());
    }

    [Fact]
    public async Task A_declared_list_replaces_the_one_before_and_what_is_wrong_with_it_is_named()
    {
        await using var app = await SyncingApp.StartAsync(_shop);
        await DeclareAsync(app, new JsonObject { ["ownId"] = "one" });
        await DeclareAsync(app, new JsonObject { ["ownId"] = "two", ["name"] = "Two" });

        var (_, listed) = await app.SendAsync(Get, Own);
        Assert.Equal("""[{"ownId":"two","name":"Two"}]""", listed["items"]!.ToJsonString());

        var (status, problem) = await app.SendAsync(Put, Own, new JsonObject { ["items"] = new JsonArray(new JsonObject { ["ownId"] = "a" }, new JsonObject { ["ownId"] = "a" }, new JsonObject { ["name"] = "x" }) });
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal(["items[1].ownId", "items[2].ownId"], problem["errors"]!.AsObject().Select(static error => error.Key));
        Assert.Equal(HttpStatusCode.BadRequest, (await app.SendAsync(Put, Own, new JsonObject())).Status);
    }

    private void Open(string id, string name, string? address, string? phone)
    {
        _shop.Open(id);
        _shop.Locations[^1] = _shop.Locations[^1] with { Name = name, Address = address, Phone = phone };
    }

    private static async Task DeclareAsync(SyncingApp app, params JsonNode[] items)
        => Assert.Equal(HttpStatusCode.OK, (await app.SendAsync(Put, Own, new JsonObject { ["items"] = new JsonArray(items) })).Status);

    private static async Task<JsonArray> SuggestAsync(SyncingApp app)
    {
        var (status, answer) = await app.SendAsync(Get, "locations/suggestions");
        Assert.Equal(HttpStatusCode.OK, status);
        return answer["items"]!.AsArray();
    }

    private static Task MapElsewhereAsync(SyncingApp app, string connection, string externalId, string ownId, string name, string address)
        => app.Services.GetRequiredService<IRegistry>().WriteAsync(
            transaction =>
            {
                var mine = transaction.Find(Connection.Collection, SyncingHost.Id.Value)!;
                transaction.Put(Connection.Collection, mine with { Id = new ConnectionId(connection) });
                transaction.Put(MappedLocation.Collection, new MappedLocation
                {
                    Connection = new ConnectionId(connection),
                    Tenant = mine.Tenant,
                    OwnId = ownId,
                    DiscoveredAt = SyncingHost.Start,
                    Location = new Location { Ref = new ExternalRef("shop", externalId), Name = name, Address = address, TimeZone = "UTC", Currency = "USD", Active = true },
                });
            },
            Token);
}
