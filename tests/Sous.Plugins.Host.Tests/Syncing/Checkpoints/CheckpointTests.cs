using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Tests.Cli;
using Sous.Plugins.Host.Tests.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Syncing.Checkpoints;

/// <summary>Checkpoints that an operator shows, forgets and puts back, through the API and the command line.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class CheckpointTests
{
    private const string Sales = "syncs/sales/checkpoints";

    private static readonly HttpMethod Get = HttpMethod.Get;
    private static readonly HttpMethod Put = HttpMethod.Put;
    private static readonly HttpMethod Delete = HttpMethod.Delete;

    private readonly Shop _shop = new();

    public CheckpointTests()
    {
        _shop.Open("A");
        _shop.Open("B");
        _shop.Sell("A", "A1");
        _shop.Sell("A", "A2");
        _shop.Sell("B", "B1");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_reset_is_fetched_again_from_the_beginning_and_changes_no_record()
    {
        await using var app = await StartAsync();
        var before = await FeedAsync(app);
        await app.BecomeAsync(ConnectionStatus.Paused);

        var (status, forgotten) = await app.SendAsync(Delete, $"{Sales}?location=A");

        Assert.Equal((HttpStatusCode.OK, "A", "2"), (status, (string)forgotten["items"]![0]!["location"]!, (string)forgotten["items"]![0]!["position"]!));
        Assert.Equal("B", (string)Assert.Single((await app.SendAsync(Get, Sales)).Body["items"]!.AsArray())!["location"]!);
        var run = await SyncAsync(app);
        Assert.Equal((SyncOutcome.Completed, 2L, 0L), (run.Outcome, run.Unchanged, run.Inserted));
        Assert.Equal(before, await FeedAsync(app));
        Assert.Contains((await AuditAsync(app)), static entry => entry is { Action: "checkpoint.reset", Target: "con_1/sales", Detail: "A" });
    }

    [Fact]
    public async Task What_was_shown_is_put_back_and_a_run_goes_on_from_there()
    {
        await using var app = await StartAsync();
        var shown = (await app.SendAsync(Get, Sales)).Body;
        await app.BecomeAsync(ConnectionStatus.Paused);
        Assert.Equal(2, (await app.SendAsync(Delete, Sales)).Body["items"]!.AsArray().Count);
        Assert.Empty((await app.SendAsync(Get, Sales)).Body["items"]!.AsArray());

        var (status, set) = await app.SendAsync(Put, Sales, shown.DeepClone());

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(["2", "1"], set["items"]!.AsArray().Select(static item => (string)item!["position"]!));
        Assert.All(set["items"]!.AsArray(), item => Assert.True((long)item!["fence"]! > (long)shown["items"]![0]!["fence"]!));
        _shop.Sell("A", "A3");
        var run = await SyncAsync(app);
        Assert.Equal((SyncOutcome.Completed, 1L, 0L), (run.Outcome, run.Inserted, run.Unchanged));
        Assert.Contains((await AuditAsync(app)), static entry => entry is { Action: "checkpoint.set", Detail: "A, B" });
    }

    [Fact]
    public async Task A_run_that_is_still_under_way_overwrites_nothing_that_was_changed_by_hand()
    {
        await using var app = await StartAsync();
        _shop.Sell("A", "A3");
        _shop.Sell("A", "A4");
        var (reached, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        _shop.BeforePage = async (_, _, token) =>
        {
            reached.TrySetResult();
            await go.Task.WaitAsync(token);
        };
        var run = (await app.SendAsync(HttpMethod.Post, "syncs/sales/runs")).Body;
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);
        await app.BecomeAsync(ConnectionStatus.Paused);

        await app.SendAsync(Delete, Sales);
        go.SetResult();

        var ended = await app.EndAsync(run);
        Assert.Equal((SyncOutcome.Canceled, 0L), (ended.Outcome, ended.Inserted));
        Assert.Empty((await app.SendAsync(Get, Sales)).Body["items"]!.AsArray());
        Assert.Equal(4, (await SyncAsync(app)).Inserted + 2);
    }

    [Fact]
    public async Task What_cannot_be_is_refused_by_what_is_wrong_with_it()
    {
        await using var app = await StartAsync();
        var shown = (await app.SendAsync(Get, Sales)).Body;
        async Task<(HttpStatusCode, string)> RefusedAsync(HttpMethod method, string path, JsonNode? body = null)
        {
            var (status, problem) = await app.SendAsync(method, path, body);
            return (status, (string)problem["code"]!);
        }

        Assert.Equal((HttpStatusCode.Conflict, "connection_not_paused"), await RefusedAsync(Delete, Sales));
        Assert.Equal((HttpStatusCode.Conflict, "connection_not_paused"), await RefusedAsync(Put, Sales, shown.DeepClone()));
        await app.BecomeAsync(ConnectionStatus.Paused);
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), await RefusedAsync(Delete, $"{Sales}?location=Z"));
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), await RefusedAsync(Delete, "syncs/files/checkpoints"));
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), await RefusedAsync(Get, "syncs/files/checkpoints"));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid"), await RefusedAsync(Put, Sales, new JsonObject()));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid"), await RefusedAsync(Put, Sales, Edited(shown, "seal", null)));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "position_unknown"), await RefusedAsync(Put, Sales, Edited(shown, "position", "3")));
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), await RefusedAsync(Put, Sales, Edited(shown, "location", "Z")));
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), await RefusedAsync(Put, Sales, Edited(shown, "location", null)));
        var ofB = Edited(shown, "location", "B");
        ofB["items"]!.AsArray().RemoveAt(1);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "position_unknown"), await RefusedAsync(Put, Sales, ofB));
        Assert.Equal(["2", "1"], (await app.SendAsync(Get, Sales)).Body["items"]!.AsArray().Select(static item => (string)item!["position"]!));

        await app.UseKeyAsync("tenant:t2");
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), await RefusedAsync(Get, Sales));
    }

    [Fact]
    public async Task A_listing_that_is_taken_up_in_its_midst_deletes_nothing_and_the_next_whole_one_does()
    {
        _shop.Menus[""] = [.. Enumerable.Range(10, 20).Select(static dish => $"d{dish}")];
        await using var host = await SyncingHost.OpenAsync(_shop);
        _shop.BeforePage = static (_, page, _) => page == 6 ? throw new DriverException(FailureKind.Transient, "The service is unwell.") : default;
        await host.RunAsync(StreamName.Catalog);
        var sync = new SyncKey(SyncingHost.Id, StreamName.Catalog);
        var midst = Assert.Single(await host.Store.ListCheckpointsAsync(sync, Token));
        _shop.BeforePage = static (_, _, _) => default;
        await host.RunAsync(StreamName.Catalog);

        await host.Store.ChangeCheckpointsAsync(sync, [(null, midst.Position)], static _ => { }, SyncingHost.Start, Token);

        var (cut, _) = await host.RunAsync(StreamName.Catalog);
        Assert.Equal((SyncOutcome.Completed, 5, 0L), (cut.Outcome, cut.Pages, cut.Deleted));
        _shop.Menus[""] = [.. _shop.Menus[""].Skip(1)];
        var (whole, _) = await host.RunAsync(StreamName.Catalog);
        Assert.Equal((SyncOutcome.Completed, 10, 1L), (whole.Outcome, whole.Pages, whole.Deleted));
    }

    [Fact]
    public async Task The_command_line_shows_resets_and_sets()
    {
        await using var app = await StartAsync();
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "shown.json");
        string[] at = ["--tenant", "t1", "--url", app.Address.AbsoluteUri, "--key", app.Key];

        var shown = await VerbProcess.RunAsync(["checkpoints", "show", "con_1", "--json", .. at]);
        Assert.Equal((0, ""), (shown.Exit, shown.Error));
        await File.WriteAllTextAsync(file, shown.Output, Token);
        var early = await VerbProcess.RunAsync(["checkpoints", "reset", "con_1", "--stream", "sales", .. at]);
        Assert.Equal((1, "Checkpoints are changed only while the connection is paused."), (early.Exit, early.Error));

        await app.BecomeAsync(ConnectionStatus.Paused);
        var reset = await VerbProcess.RunAsync(["checkpoints", "reset", "con_1", "--stream", "sales", "--location", "A", .. at]);
        Assert.Equal((0, ""), (reset.Exit, reset.Error));
        Assert.Contains("sales", reset.Output, StringComparison.Ordinal);
        Assert.Single((await app.SendAsync(Get, Sales)).Body["items"]!.AsArray());
        var set = await VerbProcess.RunAsync(["checkpoints", "set", "con_1", file, .. at]);
        Assert.Equal((0, ""), (set.Exit, set.Error));

        Assert.Equal(["2", "1"], (await app.SendAsync(Get, Sales)).Body["items"]!.AsArray().Select(static item => (string)item!["position"]!));
        await File.WriteAllTextAsync(file, "{}", Token);
        var wrong = await VerbProcess.RunAsync(["checkpoints", "set", "con_1", file, .. at]);
        Assert.Equal((1, $"{file} does not hold what `checkpoints show --json` prints."), (wrong.Exit, wrong.Error));
    }

    private static JsonNode Edited(JsonNode shown, string member, string? value)
    {
        var edited = shown.DeepClone();
        edited["items"]![0]![member] = value;
        return edited;
    }

    private static async Task<IReadOnlyList<(string Id, long Version)>> FeedAsync(SyncingApp app)
        => [.. (await app.Services.GetRequiredService<IChangeStore>().ReadChangesAsync(new FeedQuery(SyncingHost.Tenant, 0, null, null, 1000), Token)).Changes.Select(static entry => (entry.Id, entry.Version))];

    private static async Task<IReadOnlyList<AuditEntry>> AuditAsync(SyncingApp app)
        => await app.Services.GetRequiredService<IRegistry>().ListAsync(AuditEntry.Collection, "", Token);

    /// <summary>Its first runs have ended, and its locations are mapped.</summary>
    private async Task<SyncingApp> StartAsync()
    {
        var app = await SyncingApp.StartAsync(_shop);
        await app.DiscoverAsync();
        foreach (var location in _shop.Locations)
        {
            await app.SendAsync(Put, $"locations/{location.Ref.Id}", new JsonObject { ["ownId"] = $"own-{location.Ref.Id}" });
        }

        return app;
    }

    private static async Task<SyncRun> SyncAsync(SyncingApp app)
    {
        await app.BecomeAsync(ConnectionStatus.Ok);
        return await app.EndAsync((await app.SendAsync(HttpMethod.Post, "syncs/sales/runs")).Body);
    }
}
