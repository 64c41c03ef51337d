using System.Net;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Tests.Syncing;

namespace Sous.Plugins.Host.Tests.Locations;

public sealed class LocationDriftTests
{
    private readonly Shop _shop = new();

    public LocationDriftTests()
    {
        _shop.Open("A");
        _shop.Open("B");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_location_that_is_seen_first_is_a_finding_until_it_is_mapped()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        _shop.Open("C");

        var found = (await DiscoverAsync(host))[2];

        Assert.Equal([new LocationFinding(LocationFindingKind.New, host.Clock.GetUtcNow())], found.Findings!);
        var told = (await EventsAsync(host))[^1];
        Assert.Equal(("location.unmapped", "C", null), (told.Type, told.ExternalId, told.Location));
        Assert.Null((await host.Directory.MapAsync(SyncingHost.Id, "test", "C", "own-C", null, Token))!.Findings);
    }

    [Theory]
    [InlineData("renamed", "location.changed")]
    [InlineData("zone", "location.changed")]
    [InlineData("currency", "location.changed")]
    [InlineData("day_start", "location.changed")]
    [InlineData("closed", "location.closed")]
    [InlineData("vanished", "location.vanished")]
    public async Task A_difference_is_found_and_told_once_and_goes_when_somebody_confirms_the_mapping(string difference, string type)
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        var before = (await EventsAsync(host)).Count;
        Change(difference);

        var found = (await DiscoverAsync(host))[0];
        await DiscoverAsync(host);

        var finding = Assert.Single(found.Findings!);
        Assert.Equal(host.Clock.GetUtcNow(), finding.At);
        var told = Assert.Single((await EventsAsync(host)).Skip(before));
        Assert.Equal((type, "A", "own-A", SyncingHost.Id), (told.Type, told.ExternalId, told.Location, told.Connection));
        Assert.EndsWith(finding.Text, told.Cause);
        var confirmed = await host.Directory.MapAsync(SyncingHost.Id, "test", "A", "own-A", null, Token);
        Assert.Null(confirmed!.Findings);
        Assert.Null((await DiscoverAsync(host))[0].Findings);
    }

    [Fact]
    public async Task What_is_as_it_was_is_no_finding_any_more_and_what_changes_twice_counts_from_the_first()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        var original = _shop.Locations[0];
        _shop.Locations[0] = original with { Name = "Second", Active = false };
        await DiscoverAsync(host);
        _shop.Locations[0] = original with { Name = "Third", Active = false };

        var twice = (await DiscoverAsync(host))[0].Findings!;
        _shop.Locations[0] = original;
        var back = (await DiscoverAsync(host))[0].Findings!;

        Assert.Equal(["closed", "Shop A > Third"], twice.Select(static finding => finding.Kind == LocationFindingKind.Closed ? "closed" : $"{finding.Was} > {finding.Is}"));
        Assert.Empty(back);
        Assert.Contains(await EventsAsync(host), static told => told.Type == "location.reopened");
    }

    [Fact]
    public async Task One_that_vanished_and_is_named_again_has_reopened_and_is_mapped_as_before()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        var gone = _shop.Locations[0];
        _shop.Locations.RemoveAt(0);
        await DiscoverAsync(host);
        await host.Directory.MapAsync(SyncingHost.Id, "test", "A", "own-A", null, Token);
        _shop.Locations.Insert(0, gone);

        var again = (await DiscoverAsync(host))[0];

        Assert.Equal(("own-A", true, null, null), (again.OwnId, again.Location.Active, again.ClosedAt, again.VanishedAt));
        Assert.Equal(LocationFindingKind.Reopened, Assert.Single(again.Findings!).Kind);
    }

    [Fact]
    public async Task The_platform_is_told_of_a_location_that_it_unmapped()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        var before = (await EventsAsync(host)).Count;

        await host.Directory.MapAsync(SyncingHost.Id, "test", "A", null, null, Token);
        await host.Directory.MapAsync(SyncingHost.Id, "test", "A", null, null, Token);

        var told = Assert.Single((await EventsAsync(host)).Skip(before));
        Assert.Equal(("location.unmapped", "A"), (told.Type, told.ExternalId));
    }

    [Fact]
    public async Task The_locations_are_answered_with_what_was_found_of_them_and_when()
    {
        await using var app = await SyncingApp.StartAsync(_shop);
        await app.DiscoverAsync();
        await app.SendAsync(HttpMethod.Put, "locations/A", new JsonObject { ["ownId"] = "bistro" });
        _shop.Locations[0] = _shop.Locations[0] with { TimeZone = "Europe/Berlin" };
        await app.DiscoverAsync();

        var (status, answer) = await app.SendAsync(HttpMethod.Get, "locations");

        Assert.Equal(HttpStatusCode.OK, status);
        var finding = Assert.Single(answer["items"]![0]!["findings"]!.AsArray())!;
        Assert.Equal(
            """{"kind":"zone_changed","at":"2026-03-14T12:00:00Z","was":"UTC","is":"Europe/Berlin","text":"Its time zone is Europe/Berlin; it was UTC."}""",
            finding.ToJsonString());
        var confirmed = (await app.SendAsync(HttpMethod.Put, "locations/A", new JsonObject { ["ownId"] = "bistro" })).Body;
        Assert.Empty(confirmed["findings"]!.AsArray());
    }

    private void Change(string difference)
    {
        var location = _shop.Locations[0];
        _shop.Locations[0] = difference switch
        {
            "renamed" => location with { Name = "Other" },
            "zone" => location with { TimeZone = "Europe/Berlin" },
            "currency" => location with { Currency = "EUR" },
            "day_start" => location with { BusinessDayStart = TimeSpan.FromHours(4) },
            _ => location with { Active = false },
        };
        if (difference == "vanished")
        {
            _shop.Locations.RemoveAt(0);
        }
    }

    private static async Task<IReadOnlyList<MappedLocation>> DiscoverAsync(SyncingHost host)
        => await host.Directory.DiscoverAsync(await host.ConnectionAsync(), Token);

    private static async Task<IReadOnlyList<PlatformEvent>> EventsAsync(SyncingHost host)
        => (await new EventLog(host.Registry).ReadAsync(SyncingHost.Tenant, 0, 1000, new CancellationToken(true), Token))!.Items;
}
