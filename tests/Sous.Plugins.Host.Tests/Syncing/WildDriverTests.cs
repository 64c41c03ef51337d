using System.Text.Json;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Tests.Authorization;
using Sous.Plugins.Host.Tests.Drivers;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Tests.Syncing;

/// <summary>Invariant 23 in a run: a real DLL that hangs, floods and hands over garbage, and what is said of it.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class WildDriverTests : IDisposable
{
    private const string Garbage = "a page that has no changes, or no position to go on from";

    private readonly PluginsTree _tree = new();
    private readonly HttpClient _http = new();
    private readonly LogCapture _logs = new();

    private readonly Shop _shop = new()
    {
        Manifest = Shop.DefaultManifest with { Streams = [new StreamManifest { Name = "catalog", Scope = StreamScope.Connection, Schedule = "0 5 * * *", PageLimit = 100 }] },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("throws", "The driver failed with InvalidOperationException")]
    [InlineData("no pages", "The driver failed with NullReferenceException")]
    [InlineData("a null page", Garbage)]
    [InlineData("null changes", Garbage)]
    [InlineData("a null change", Garbage)]
    [InlineData("no position", Garbage)]
    [InlineData("an empty position", Garbage)]
    [InlineData("an empty id", "a record whose id is empty or longer than 200 characters")]
    [InlineData("a long id", "a record whose id is empty or longer than 200 characters")]
    [InlineData("an id twice", "handed over 1 twice in one page")]
    [InlineData("a huge record", "at most 1048576 are allowed")]
    [InlineData("huge records", "at most 33554432 are allowed")]
    [InlineData("huge raw", "handed over 1 with 5000000 bytes of the service's own; at most 4194304 are allowed")]
    [InlineData("too many", "a page of 1001 records; at most 200 are allowed")]
    public async Task Garbage_is_a_defect_with_its_reason_and_nothing_of_it_is_stored(string kind, string reason)
    {
        await using var host = await OpenAsync(kind);

        var (run, end) = await host.RunAsync(StreamName.Catalog);

        Assert.Equal((SyncOutcome.NeedsAttention, Actor.DriverAuthor), (run.Outcome, end.Actor));
        Assert.Contains(reason, run.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("SOUSCANARY", run.Reason + end.Trace, StringComparison.Ordinal);
        Assert.Empty(await host.FeedAsync());
        Assert.Single(host.Defects.ListOf(_shop.Loaded.Build));
    }

    [Theory]
    [InlineData("hangs")]
    [InlineData("blocks")]
    public async Task One_that_does_not_stop_when_it_is_told_to_is_left_behind_and_keeps_its_place(string kind)
    {
        await using var host = await OpenAsync(kind);
        var active = host.Active(StreamName.Catalog);

        var (run, end) = await RunAsync(host, active);

        Assert.Equal((SyncOutcome.NeedsAttention, Actor.DriverAuthor), (run.Outcome, end.Actor));
        Assert.Contains("did not stop when it was told to", run.Reason, StringComparison.Ordinal);
        var use = active.Generation!.Use;
        Assert.Equal(1, use.LeftBehind);
        Assert.False(use.TryEnter(1));
        Assert.Single(host.Defects.ListOf(_shop.Loaded.Build));
    }

    [Fact]
    public async Task What_it_hangs_on_its_token_fails_on_no_thread_of_the_hosts()
    {
        await using var host = await OpenAsync("throws when it is told to stop");

        var (run, _) = await RunAsync(host, host.Active(StreamName.Catalog));

        Assert.Equal((SyncOutcome.RetryLater, "No page came within 1 seconds."), (run.Outcome, run.Reason));
    }

    [Fact]
    public async Task Endless_pages_end_with_the_runs_time_and_what_came_stays()
    {
        await using var host = await OpenAsync("endless", TimeSpan.FromSeconds(10));

        var active = host.Active(StreamName.Catalog);
        var (run, _) = await RunAsync(host, active, () => active.Progress.Scopes.Sum(static scope => scope.Pages) > 0);

        Assert.Equal(SyncOutcome.RetryLater, run.Outcome);
        Assert.StartsWith("It was not done within", run.Reason, StringComparison.Ordinal);
        Assert.True(run.Pages > 0);
    }

    [Fact]
    public async Task A_flood_of_log_lines_is_cut_off_and_said_once_and_the_run_goes_on()
    {
        await using var host = await OpenAsync("floods its log");

        var (run, _) = await host.RunAsync(StreamName.Catalog);

        Assert.Equal((SyncOutcome.Completed, 1), (run.Outcome, run.Inserted));
        Assert.InRange(_logs.Lines.Count(static line => line.Contains("Line ", StringComparison.Ordinal)), BoundedLog.MostLines, 3 * BoundedLog.MostLines);
        Assert.Contains(_logs.Lines, static line => line.Contains("what else it writes in this one is left out", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _http.Dispose();
        _logs.Dispose();
        _tree.Dispose();
    }

    /// <summary>Lets time pass until the run has ended, once what is meant to take too long has begun: with the driver open, where nothing else is said.</summary>
    private static async Task<(SyncRun Run, RunEnd End)> RunAsync(SyncingHost host, ActiveRun active, Func<bool>? hasBegun = null)
    {
        hasBegun ??= () => active.Generation is not null;
        var running = host.RunAsync(active: active);
        while (await Task.WhenAny(running, Task.Delay(20, Token)) != running)
        {
            host.Clock.Advance(hasBegun() ? TimeSpan.FromSeconds(1) : TimeSpan.Zero);
        }

        return await running;
    }

    private async Task<SyncingHost> OpenAsync(string kind, TimeSpan? runTimeout = null)
    {
        _tree.Add("Wild");
        _tree.List(PluginsTree.Entry("wild", "Wild"));
        using var catalog = await _tree.LoadAsync();
        var driver = PluginsTree.Get(catalog, "wild");
        var context = new DriverContext
        {
            Http = _http,
            HttpHandler = new SocketsHttpHandler(),
            ApiAddress = driver.Manifest.ApiAddress,
            Clock = TimeProvider.System,
            Logger = new BoundedLog(_logs.CreateLogger("wild"), TimeProvider.System),
            Settings = JsonSerializer.SerializeToElement(new { catalog = kind }),
        };
        _shop.Instead = () => driver.Factory.Create(context);
        return await SyncingHost.OpenAsync(
            _shop,
            options => (options.RunTimeout, options.PageTimeout, options.StopGrace) = (runTimeout ?? TimeSpan.FromDays(1), runTimeout is null ? TimeSpan.FromSeconds(1) : TimeSpan.FromMinutes(1), kind is "hangs" or "blocks" ? TimeSpan.FromSeconds(1) : TimeSpan.FromMinutes(1)),
            discovered: false);
    }
}
