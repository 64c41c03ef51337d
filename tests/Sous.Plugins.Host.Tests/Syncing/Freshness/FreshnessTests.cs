using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Syncing.Freshness;

/// <summary>What an operator at three in the morning is told of each location: whether its numbers are there, and if not why, who must act, and what happens next.</summary>
public sealed class FreshnessTests
{
    private static readonly TimeSpan s_step = TimeSpan.FromMinutes(5);
    private readonly Shop _shop = new();

    public FreshnessTests()
    {
        foreach (var location in (string[])["A", "B", "C"])
        {
            _shop.Open(location);
            _shop.Sell(location, $"{location}1");
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_quiet_night_is_fresh_since_nothing_sold_is_not_nothing_fetched()
    {
        await using var app = await StartedAsync();

        await app.AdvanceAsync(TimeSpan.FromHours(8), TimeSpan.FromMinutes(10));

        foreach (var scope in await ScopesAsync(app))
        {
            Assert.Equal(("fresh", null, null), (State(scope), (string?)scope["cause"], (string?)scope["staleSince"]));
            Assert.Equal(app.Clock.GetUtcNow(), (DateTimeOffset)scope["through"]!);
            Assert.Equal(app.Clock.GetUtcNow().AddMinutes(40), (DateTimeOffset)scope["freshUntil"]!);
        }
    }

    [Fact]
    public async Task A_service_that_is_down_for_hours_leaves_every_location_stale_and_nobody_is_asked_to_act()
    {
        await using var app = await StartedAsync();
        var through = app.Clock.GetUtcNow();
        Fail(static _ => true, FailureKind.Transient);

        await app.AdvanceAsync(TimeSpan.FromMinutes(30), s_step);
        Assert.All(await ScopesAsync(app), static scope => Assert.Equal("fresh", State(scope)));
        await app.AdvanceAsync(TimeSpan.FromHours(5), s_step);

        foreach (var scope in await ScopesAsync(app))
        {
            Assert.Equal(("stale", "service_down", "nobody", "It went wrong."), (State(scope), Trouble(scope), Who(scope), (string?)scope["cause"]));
            Assert.Equal((through, through.AddMinutes(40)), ((DateTimeOffset)scope["through"]!, (DateTimeOffset)scope["staleSince"]!));
            Assert.Equal("run", (string?)scope["next"]!["step"]);
            Assert.InRange((DateTimeOffset)scope["next"]!["at"]!, app.Clock.GetUtcNow(), app.Clock.GetUtcNow().AddMinutes(30));
        }

        _shop.BeforePage = static (_, _, _) => default;
        await app.AdvanceAsync(TimeSpan.FromMinutes(30), s_step);
        Assert.All(await ScopesAsync(app), static scope => Assert.Equal("fresh", State(scope)));
    }

    [Fact]
    public async Task One_location_of_three_that_the_driver_fails_at_is_stale_and_the_others_are_fresh()
    {
        await using var app = await StartedAsync();
        _shop.BeforePage = static (location, _, _) => location == "B" ? throw new InvalidOperationException("A bug.") : default;
        Array.ForEach(["A", "B", "C"], location => _shop.Sell(location, $"{location}2"));

        await app.AdvanceAsync(TimeSpan.FromHours(2), s_step);

        var scopes = await ScopesAsync(app);
        Assert.Equal(["fresh", "stale", "fresh"], scopes.Select(State));
        Assert.Equal(("driver_defect", "driver_author"), (Trouble(scopes[1]), Who(scopes[1])));
        Assert.Contains("InvalidOperationException", (string?)scopes[1]["cause"], StringComparison.Ordinal);
        Assert.NotNull(scopes[1]["next"]);
    }

    [Fact]
    public async Task A_grant_that_is_over_is_the_owners_to_renew_and_what_was_renewed_is_no_cause_any_more()
    {
        await using var app = await StartedAsync();
        Fail(static _ => true, FailureKind.Unauthorized);
        await app.AdvanceAsync(TimeSpan.FromHours(1), s_step);

        var scopes = await ScopesAsync(app);
        Assert.All(scopes, static scope => Assert.Equal(("stale", "needs_reconnect", "owner", null), (State(scope), Trouble(scope), Who(scope), scope["next"])));

        await ChangeAsync(app, static connection => connection.Well());
        Assert.All(await ScopesAsync(app), static scope => Assert.Equal(("stale", "waiting", "nobody"), (State(scope), Trouble(scope), Who(scope))));
    }

    [Fact]
    public async Task What_is_paused_or_disabled_says_so_once_it_is_stale_and_not_before()
    {
        await using var app = await StartedAsync();
        await ChangeAsync(app, static connection => connection with { Status = ConnectionStatus.Paused });
        Assert.All(await ScopesAsync(app), static scope => Assert.Equal("fresh", State(scope)));

        await app.AdvanceAsync(TimeSpan.FromHours(1), s_step);
        Assert.All(await ScopesAsync(app), static scope => Assert.Equal(("stale", "paused", "operator", null), (State(scope), Trouble(scope), Who(scope), scope["next"])));

        await ChangeAsync(app, static connection => connection.Well());
        await app.SendAsync(HttpMethod.Put, "syncs/sales", new JsonObject { ["schedule"] = "*/10 * * * *", ["enabled"] = false });
        Assert.All(await ScopesAsync(app), static scope => Assert.Equal(("paused", "The sync is disabled."), (Trouble(scope), (string?)scope["cause"])));
    }

    [Fact]
    public async Task What_is_fetched_and_held_for_want_of_a_mapping_is_stale_for_the_platform()
    {
        await using var app = await StartedAsync();
        await app.SendAsync(HttpMethod.Delete, "locations/C");

        var scopes = await ScopesAsync(app);
        Assert.Equal(["fresh", "fresh", "stale"], scopes.Select(State));
        Assert.Equal(("unmapped", "operator", null), (Trouble(scopes[2]), Who(scopes[2]), scopes[2]["ownId"]));

        await app.SendAsync(HttpMethod.Put, "locations/C", new JsonObject { ["ownId"] = "own-C" });
        Assert.Equal(("fresh", "own-C"), (State((await ScopesAsync(app))[2]), (string?)(await ScopesAsync(app))[2]["ownId"]));
    }

    [Fact]
    public async Task Deletes_that_wait_for_a_decision_leave_the_catalogue_stale_until_somebody_decides()
    {
        _shop.Menus[""] = [.. Enumerable.Range(10, 40).Select(static dish => $"d{dish}")];
        await using var app = await StartedAsync();
        await app.SendAsync(HttpMethod.Put, "syncs/catalog", new JsonObject { ["schedule"] = "*/10 * * * *", ["enabled"] = true });
        _shop.Menus[""] = [.. _shop.Menus[""].Take(5)];

        await app.AdvanceAsync(TimeSpan.FromHours(1), s_step);

        var scope = Assert.Single(await ScopesAsync(app, "catalog"));
        Assert.Equal(("stale", "suspect", "operator", null), (State(scope), Trouble(scope), Who(scope), scope["location"]));
        Assert.Contains("35 of 40", (string?)scope["cause"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quiet_hours_and_what_somebody_set_decide_how_old_is_too_old()
    {
        await using var app = await StartedAsync();
        var quiet = new JsonObject { ["from"] = "12:00", ["to"] = "18:00" };
        await app.SendAsync(HttpMethod.Put, "syncs/sales", new JsonObject { ["schedule"] = "*/10 * * * *", ["enabled"] = true, ["quietHours"] = quiet });
        await app.AdvanceAsync(TimeSpan.FromHours(5), TimeSpan.FromHours(1));
        Assert.All(await ScopesAsync(app), static scope => Assert.Equal("fresh", State(scope)));

        var (_, changed) = await app.SendAsync(HttpMethod.Put, "syncs/sales", new JsonObject { ["schedule"] = "*/10 * * * *", ["enabled"] = true, ["quietHours"] = quiet.DeepClone(), ["freshWithin"] = "PT2H" });
        Assert.Equal("PT2H", (string?)changed["freshWithin"]);
        Assert.All(changed["scopes"]!.AsArray(), static scope => Assert.Equal(("stale", "waiting"), (State(scope!), Trouble(scope!))));
    }

    [Theory]
    [InlineData("2 hours")]
    [InlineData("PT1S")]
    [InlineData("P99999999999D")]
    public async Task An_age_that_cannot_be_read_names_its_field(string within)
    {
        await using var app = await SyncingApp.StartAsync(_shop);

        var (status, problem) = await app.SendAsync(HttpMethod.Put, "syncs/sales", new JsonObject { ["schedule"] = "*/10 * * * *", ["enabled"] = true, ["freshWithin"] = within });

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.NotNull(problem["errors"]!["freshWithin"]);
    }

    /// <summary>Three locations, mapped, fetched a moment ago and from now on every ten minutes.</summary>
    private async Task<SyncingApp> StartedAsync()
    {
        var app = await SyncingApp.StartAsync(_shop);
        await app.SendAsync(HttpMethod.Put, "syncs/sales", new JsonObject { ["schedule"] = "*/10 * * * *", ["enabled"] = true });
        await app.DiscoverAsync();
        foreach (var location in _shop.Locations)
        {
            await app.SendAsync(HttpMethod.Put, $"locations/{location.Ref.Id}", new JsonObject { ["ownId"] = $"own-{location.Ref.Id}" });
        }

        return app;
    }

    private void Fail(Func<string, bool> at, FailureKind kind)
    {
        Array.ForEach(["A", "B", "C"], location => _shop.Sell(location, $"{location}2"));
        _shop.BeforePage = (location, _, _) => location != "catalog" && at(location) ? throw new DriverException(kind, "It went wrong.") : default;
    }

    private static async Task<IReadOnlyList<JsonNode>> ScopesAsync(SyncingApp app, string stream = "sales")
        => [.. (await app.SendAsync(HttpMethod.Get, "syncs")).Body["items"]!.AsArray().Single(sync => (string?)sync!["stream"] == stream)!["scopes"]!.AsArray().Select(static scope => scope!)];

    private static Task<Connection?> ChangeAsync(SyncingApp app, Func<Connection, Connection?> change)
        => app.Services.GetRequiredService<ConnectionStore>().ChangeAsync(SyncingHost.Id, "test", "connection.changed", change, Token);

    private static string? State(JsonNode scope) => (string?)scope["state"];

    private static string? Trouble(JsonNode scope) => (string?)scope["trouble"];

    private static string? Who(JsonNode scope) => (string?)scope["actor"];
}
