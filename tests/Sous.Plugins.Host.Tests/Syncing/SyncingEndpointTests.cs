using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Tests.Syncing;

public sealed class SyncingEndpointTests
{
    private static readonly HttpMethod Get = HttpMethod.Get;
    private static readonly HttpMethod Post = HttpMethod.Post;
    private static readonly HttpMethod Put = HttpMethod.Put;
    private readonly Shop _shop = new();

    public SyncingEndpointTests()
    {
        _shop.Open("A", "Europe/Berlin");
        _shop.Sell("A", "A1");
        _shop.Sell("A", "A2");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_way_from_discovery_over_mapping_to_a_run_that_changes_nothing_more()
    {
        await using var app = await SyncingApp.StartAsync(_shop);

        var found = (await app.SendAsync(Post, "locations/discover")).Body["items"]!.AsArray();
        Assert.Equal(("A", "Shop A", "Europe/Berlin"), ((string)found[0]!["externalId"]!, (string)found[0]!["name"]!, (string)found[0]!["timeZone"]!));
        app.Clock.Advance(TimeSpan.Zero);
        var runs = (await app.SendAsync(Get, "runs")).Body["items"]!.AsArray();
        Assert.Equal(["catalog", "sales"], runs.Select(static run => (string)run!["stream"]!).Order());
        foreach (var run in runs)
        {
            await app.EndAsync(run!);
        }

        Assert.Equal(2, (int)(await app.SendAsync(Get, "locations")).Body["items"]![0]!["held"]!);
        var mapped = (await app.SendAsync(Put, "locations/A", new JsonObject { ["ownId"] = "bistro" })).Body;
        Assert.Equal(("bistro", 0), ((string)mapped["ownId"]!, (int)mapped["held"]!));

        var (status, again) = await app.SendAsync(Post, "syncs/sales/runs", new JsonObject());
        Assert.Equal(HttpStatusCode.Accepted, status);
        await app.EndAsync(again);
        var ended = (await app.SendAsync(Get, $"/api/v1/runs/{(string)again["id"]!}")).Body;
        Assert.Equal(("completed", "Nothing changed."), ((string)ended["outcome"]!, (string)ended["summary"]!));
    }

    [Fact]
    public async Task Syncs_are_told_with_their_next_time_and_can_be_changed()
    {
        await using var app = await SyncingApp.StartAsync(_shop);
        await app.DiscoverAsync();
        var before = (await app.SendAsync(Get, "syncs")).Body["items"]![0]!;
        Assert.Equal(("sales", "0 5 * * *", true, "2026-03-15T04:00:00Z"), ((string)before["stream"]!, (string)before["schedule"]!, (bool)before["enabled"]!, (string)before["next"]!));

        var quiet = new JsonObject { ["from"] = "22:00", ["to"] = "06:30" };
        var (status, after) = await app.SendAsync(Put, "syncs/sales", new JsonObject { ["schedule"] = "*/20 * * * *", ["timeZone"] = "UTC", ["enabled"] = true, ["quietHours"] = quiet });

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(("*/20 * * * *", "UTC", "22:00", "06:30"), ((string)after["schedule"]!, (string)after["timeZone"]!, (string)after["quietHours"]!["from"]!, (string)after["quietHours"]!["to"]!));
        Assert.Equal("2026-03-14T12:20:00Z", (string)after["next"]!);
        var disabled = (await app.SendAsync(Put, "syncs/sales", new JsonObject { ["schedule"] = "0 5 * * *", ["enabled"] = false })).Body;
        Assert.Equal(("It is disabled.", null), ((string)disabled["problem"]!, disabled["next"]));
        var audit = await app.Services.GetRequiredService<IRegistry>().ListAsync(AuditEntry.Collection, "", Token);
        Assert.Equal(2, audit.Count(static entry => entry.Action == "sync.changed"));
    }

    [Theory]
    [InlineData("""{"schedule":"at five","enabled":true}""", "schedule", "'at five'")]
    [InlineData("""{"schedule":"0 5 * * 9","enabled":true}""", "schedule", "'0 5 * * 9'")]
    [InlineData("""{"enabled":true}""", "schedule", "cron expression")]
    [InlineData("""{"schedule":"0 5 * * *"}""", "enabled", "true or false")]
    [InlineData("""{"schedule":"0 5 * * *","enabled":true,"timeZone":"Mars/Olympus"}""", "timeZone", "'Mars/Olympus'")]
    [InlineData("""{"schedule":"0 5 * * *","enabled":true,"quietHours":{"from":"late"}}""", "quietHours", "HH:mm")]
    public async Task A_bad_change_names_its_field_and_what_is_wrong(string body, string field, string told)
    {
        await using var app = await SyncingApp.StartAsync(_shop);

        var (status, problem) = await app.SendAsync(Put, "syncs/sales", JsonNode.Parse(body));

        Assert.Equal((HttpStatusCode.BadRequest, "invalid"), (status, (string)problem["code"]!));
        Assert.Contains(told, (string)problem["errors"]![field]![0]!);
    }

    [Theory]
    [InlineData("sales", """{"from":"2026-03-09","to":"2026-03-08"}""", "from")]
    [InlineData("sales", """{"from":"2000-01-01","to":"2026-03-08"}""", "to")]
    [InlineData("catalog", """{"from":"2026-03-08"}""", "from")]
    public async Task A_bad_range_names_its_field(string stream, string body, string field)
    {
        await using var app = await SyncingApp.StartAsync(_shop);

        var (status, problem) = await app.SendAsync(Post, $"syncs/{stream}/runs", JsonNode.Parse(body));

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.NotNull(problem["errors"]![field]);
    }

    [Fact]
    public async Task A_run_that_is_under_way_is_named_to_who_wants_another_and_can_be_canceled()
    {
        await using var app = await SyncingApp.StartAsync(_shop);
        await app.DiscoverAsync();
        var reached = new TaskCompletionSource();
        _shop.BeforePage = async (_, _, token) =>
        {
            reached.TrySetResult();
            await Task.Delay(Timeout.Infinite, token);
        };
        var run = (await app.SendAsync(Post, "syncs/sales/runs", new JsonObject { ["from"] = "2026-03-01", ["to"] = "2026-03-02" })).Body;
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
        var id = (string)run["id"]!;

        var (status, problem) = await app.SendAsync(Post, "syncs/sales/runs");
        Assert.Equal((HttpStatusCode.Conflict, "run_in_progress", id), (status, (string)problem["code"]!, (string)problem["run"]!));

        Assert.Equal(HttpStatusCode.Accepted, (await app.SendAsync(Post, $"/api/v1/runs/{id}/cancel")).Status);
        var ended = await app.EndAsync(run);
        Assert.Equal((SyncOutcome.Canceled, new DateOnly(2026, 3, 1), new DateOnly(2026, 3, 2)), (ended.Outcome, ended.From, ended.To));
        Assert.Equal("run_ended", (string)(await app.SendAsync(Post, $"/api/v1/runs/{id}/cancel")).Body["code"]!);
    }

    [Theory]
    [InlineData("syncs/sales/runs")]
    [InlineData("locations/discover")]
    public async Task What_a_paused_connection_cannot_do_is_refused_with_its_status_beside_that_of_the_answer(string path)
    {
        await using var app = await SyncingApp.StartAsync(_shop);
        var connection = Assert.Single(await app.Services.GetRequiredService<IRegistry>().ListAsync(Connection.Collection, "", Token));
        await app.Services.GetRequiredService<IRegistry>().WriteAsync(transaction => transaction.Put(Connection.Collection, connection with { Status = ConnectionStatus.Paused }), Token);

        var (status, problem) = await app.SendAsync(Post, path);

        Assert.Equal((HttpStatusCode.Conflict, 409, "connection_not_ready", "paused"), (status, (int)problem["status"]!, (string)problem["code"]!, (string)problem["connectionStatus"]!));
    }

    [Fact]
    public async Task A_connection_that_is_paused_says_so_to_who_wants_a_run()
    {
        await using var app = await SyncingApp.StartAsync(_shop);
        await app.BecomeAsync(Host.Connections.ConnectionStatus.Paused);

        var (status, problem) = await app.SendAsync(Post, "syncs/sales/runs");

        Assert.Equal((HttpStatusCode.Conflict, "connection_not_ready", "paused", 409), (status, (string)problem["code"]!, (string)problem["connectionStatus"]!, (int)problem["status"]!));
    }

    [Fact]
    public async Task A_run_that_holds_deletes_back_is_approved_once_and_the_next_run_carries_them_out()
    {
        _shop.Menus[""] = [.. Enumerable.Range(10, 40).Select(static dish => $"d{dish}")];
        await using var app = await SyncingApp.StartAsync(_shop);
        await app.DiscoverAsync();
        _shop.Menus[""] = [.. _shop.Menus[""].Take(5)];
        var first = await app.EndAsync((await app.SendAsync(Post, "syncs/catalog/runs")).Body);
        var second = await app.EndAsync((await app.SendAsync(Post, "syncs/catalog/runs")).Body);
        Assert.Equal((SyncOutcome.Suspect, SyncOutcome.Suspect), (first.Outcome, second.Outcome));

        var (status, old) = await app.SendAsync(Post, $"/api/v1/runs/{first.Id}/approve");
        Assert.Equal((HttpStatusCode.Conflict, "run_superseded", second.Id), (status, (string)old["code"]!, (string)old["run"]!));
        var approved = await app.SendAsync(Post, $"/api/v1/runs/{second.Id}/approve");
        Assert.Equal(HttpStatusCode.Accepted, approved.Status);
        Assert.EndsWith("It was approved.", (string)approved.Body["reason"]!, StringComparison.Ordinal);
        Assert.Equal("nothing_to_decide", (string)(await app.SendAsync(Post, $"/api/v1/runs/{second.Id}/reject")).Body["code"]!);

        await Task.WhenAll(app.Services.GetRequiredService<RunQueue>().Active.Select(static active => active.Ended)).WaitAsync(TimeSpan.FromSeconds(30), Token);
        var newest = (await app.SendAsync(Get, "runs?stream=catalog&limit=1")).Body["items"]![0]!;
        Assert.Equal(("completed", 35), ((string)newest["outcome"]!, (int)newest["deleted"]!));
    }

    [Fact]
    public async Task Runs_are_read_page_by_page_and_each_once()
    {
        await using var app = await SyncingApp.StartAsync(_shop);
        await app.DiscoverAsync();
        for (var run = 0; run < 5; run++)
        {
            await app.EndAsync((await app.SendAsync(Post, "syncs/catalog/runs")).Body);
        }

        var whole = Ids((await app.SendAsync(Get, "runs?stream=catalog")).Body);
        List<string> read = [];
        for (var query = "limit=2"; query is not null;)
        {
            var page = (await app.SendAsync(Get, $"runs?stream=catalog&{query}")).Body;
            Assert.InRange(page["items"]!.AsArray().Count, 1, 2);
            read.AddRange(Ids(page));
            query = (string?)page["next"] is { } next ? $"limit=2&after={next}" : null;
        }

        Assert.True(whole.Count >= 5);
        Assert.Equal(whole, read);
        Assert.NotNull((await app.SendAsync(Get, "runs?after=run_none")).Body["errors"]!["after"]);
    }

    [Fact]
    public async Task A_run_can_be_watched_until_it_has_ended()
    {
        await using var app = await SyncingApp.StartAsync(_shop);
        await app.DiscoverAsync();
        var go = new TaskCompletionSource();
        _shop.BeforePage = async (_, _, _) => await go.Task;
        var run = (await app.SendAsync(Post, "syncs/sales/runs")).Body;

        var watching = app.SendAsync(Get, $"/api/v1/runs/{(string)run["id"]!}/events");
        go.SetResult();

        var text = (string)(await watching).Body!;
        Assert.Contains("event: run", text);
        Assert.Contains("\"outcome\":\"completed\"", text[text.LastIndexOf("data:", StringComparison.Ordinal)..]);
    }

    [Fact]
    public async Task Whoever_watches_a_run_over_business_days_sees_how_many_windows_are_done_and_what_time_is_left()
    {
        await using var app = await SyncingApp.StartAsync(_shop);
        await app.DiscoverAsync();
        var (reached, go, pages) = (new TaskCompletionSource(), new TaskCompletionSource(), 0);
        _shop.BeforePage = async (_, _, token) =>
        {
            if (Interlocked.Increment(ref pages) == 1)
            {
                return;
            }

            reached.TrySetResult();
            await go.Task.WaitAsync(token);
        };
        var id = (string)(await app.SendAsync(Post, "syncs/sales/runs", new JsonObject { ["from"] = "2026-03-01", ["to"] = "2026-03-06" })).Body["id"]!;
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
        var active = app.Services.GetRequiredService<RunQueue>().Find(id)!;
        while (active.Progress.LastAt is null)
        {
            await active.Progress.Changed.WaitAsync(TimeSpan.FromSeconds(30), Token);
        }

        using var cli = app.Cli();
        var told = new List<JsonNode>();
        await foreach (var run in cli.WatchAsync($"api/v1/runs/{id}/events", Token))
        {
            told.Add(run);
            go.TrySetResult();
        }

        Assert.Equal("running", (string)told[0]["outcome"]!);
        Assert.NotNull(told[0]["lastProgressAt"]);
        Assert.InRange((int)told[0]["windowsDone"]!, 0, (int)told[0]["windows"]! - 1);
        Assert.Equal("completed", (string)told[^1]["outcome"]!);
        Assert.Null(told[^1]["lastProgressAt"]);
    }

    [Fact]
    public void A_run_tells_its_pace_and_what_is_left_by_the_windows_that_are_done()
    {
        using var active = new ActiveRun(new RunRequest(SyncingHost.Tenant, SyncingHost.Driver, SyncingHost.SalesKey, RunTrigger.Request), SyncingHost.Start);
        active.Progress.Plan(4);
        active.Progress.Begin("A", "Shop A");
        active.Progress.Add("A", new Host.Changes.CommitResult(30, 0, 10, 0, 0, 1), SyncingHost.Start.AddSeconds(10));
        Assert.Null(RunView.Of(active).SecondsLeft);

        active.Progress.EndWindow(SyncingHost.Start.AddSeconds(20));

        var view = RunView.Of(active);
        Assert.Equal((2.0, 4, 1, 60.0, SyncingHost.Start.AddSeconds(20)), (view.RecordsPerSecond, view.Windows, view.WindowsDone, view.SecondsLeft, view.LastProgressAt));
    }

    [Fact]
    public async Task Another_tenants_runs_syncs_and_locations_are_not_there()
    {
        await using var app = await SyncingApp.StartAsync(_shop);
        await app.DiscoverAsync();
        var run = (await app.SendAsync(Post, "syncs/sales/runs")).Body;
        var path = $"/api/v1/runs/{(string)run["id"]!}";
        await app.EndAsync(run);
        await app.UseKeyAsync("tenant:t2");

        foreach (var (method, address) in ((HttpMethod, string)[])[(Get, path), (Post, $"{path}/cancel"), (Post, $"{path}/approve"), (Post, $"{path}/reject"), (Get, $"{path}/events"), (Get, "syncs"), (Get, "locations"), (Get, "runs"), (Post, "locations/discover"), (Post, "syncs/sales/runs"), (Get, "/api/v1/tenants/t2/connections/con_1/runs")])
        {
            var (status, problem) = await app.SendAsync(method, address);
            Assert.True(status == HttpStatusCode.NotFound, $"{method} {address}: {status}");
            Assert.True(problem is JsonObject { } found && (string)found["code"]! == "not_found", $"{method} {address}: {problem}");
        }
    }

    [Fact]
    public async Task What_does_not_exist_is_not_found_and_a_mapping_needs_an_id()
    {
        await using var app = await SyncingApp.StartAsync(_shop);
        await app.DiscoverAsync();

        Assert.Equal(HttpStatusCode.NotFound, (await app.SendAsync(Post, "syncs/files/runs")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await app.SendAsync(Put, "locations/Z", new JsonObject { ["ownId"] = "bistro" })).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await app.SendAsync(HttpMethod.Delete, "locations/Z")).Status);
        Assert.NotNull((await app.SendAsync(Put, "locations/A", new JsonObject { ["ownId"] = "" })).Body["errors"]!["ownId"]);
        Assert.NotNull((await app.SendAsync(Put, "locations/A", new JsonObject { ["ownId"] = "a", ["businessDayStart"] = "noon" })).Body["errors"]!["businessDayStart"]);
        Assert.Equal("04:00", (string)(await app.SendAsync(Put, "locations/A", new JsonObject { ["ownId"] = "a", ["businessDayStart"] = "04:00" })).Body["businessDayStart"]!);
        Assert.Null((await app.SendAsync(HttpMethod.Delete, "locations/A")).Body["ownId"]);
    }

    private static List<string> Ids(JsonNode page) => [.. page["items"]!.AsArray().Select(static run => (string)run!["id"]!)];
}
