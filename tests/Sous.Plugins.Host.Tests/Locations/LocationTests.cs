using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Tests.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Locations;

/// <summary>Invariant 18: records of an unmapped location are kept, counted, and released on mapping.</summary>
public sealed class LocationTests
{
    private readonly Shop _shop = new();

    public LocationTests()
    {
        _shop.Open("A");
        _shop.Open("B");
        _shop.Sell("A", "A1");
        _shop.Sell("B", "B1");
        _shop.Sell("B", "B2");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Records_of_an_unmapped_location_are_held_and_released_when_it_is_mapped()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        await host.Directory.MapAsync(SyncingHost.Id, "test", "B", null, null, Token);

        var (run, _) = await host.RunAsync();
        Assert.Equal((3L, 2L), (run.Inserted, run.Held));
        Assert.Equal(2, (await host.Store.CountHeldAsync(SyncingHost.Id, Token))["B"]);
        Assert.Equal(["A1"], await host.FedSalesAsync());

        var mapped = await host.Directory.MapAsync(SyncingHost.Id, "test", "B", "bistro", null, Token);

        Assert.Equal(("bistro", false), (mapped!.OwnId, mapped.MappingPending));
        Assert.Equal(["A1", "B1", "B2"], (await host.FedSalesAsync()).Order());
        Assert.Empty(await host.Store.CountHeldAsync(SyncingHost.Id, Token));
    }

    [Fact]
    public async Task A_location_that_is_mapped_anew_is_deleted_under_the_old_id_and_comes_under_the_new()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        await host.RunAsync();

        await host.Directory.MapAsync(SyncingHost.Id, "test", "A", "new", null, Token);

        var entries = (await host.FeedAsync()).Where(static entry => entry.Id == "A1").Select(static entry => (entry.Kind, entry.Location));
        Assert.Equal([(ChangeKind.Upsert, "own-A"), (ChangeKind.Delete, "own-A"), (ChangeKind.Upsert, "new")], entries);
    }

    [Fact]
    public async Task A_mapping_that_a_killed_host_left_pending_is_carried_out_at_the_next_start()
    {
        await using var first = await SyncingHost.OpenAsync(_shop);
        await first.Directory.MapAsync(SyncingHost.Id, "test", "B", null, null, Token);
        await first.RunAsync();
        // The registry leads: this is what it holds when the host dies before the change store is reached.
        var key = MappedLocation.KeyOf(SyncingHost.Id, "B");
        await first.Registry.WriteAsync(t => t.Put(MappedLocation.Collection, t.Find(MappedLocation.Collection, key)! with { OwnId = "bistro", MappingPending = true }), Token);
        await using var host = await first.ReopenAsync();

        await host.Discovery.StartAsync(Token);
        await host.Discovery.ExecuteTask!;

        Assert.False((await host.Registry.FindAsync(MappedLocation.Collection, key, Token))!.MappingPending);
        Assert.Equal(["A1", "B1", "B2"], (await host.FedSalesAsync()).Order());
    }

    [Fact]
    public async Task A_location_that_is_not_known_cannot_be_mapped()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);

        Assert.Null(await host.Directory.MapAsync(SyncingHost.Id, "test", "Z", "own", null, Token));
    }

    [Fact]
    public async Task Mappings_that_race_end_as_the_registry_says()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        await host.RunAsync();

        await Task.WhenAll(Enumerable.Range(0, 10).Select(number => host.Directory.MapAsync(SyncingHost.Id, "test", "A", $"own-{number}", null, Token)));

        var location = await host.Registry.FindAsync(MappedLocation.Collection, MappedLocation.KeyOf(SyncingHost.Id, "A"), Token);
        Assert.False(location!.MappingPending);
        Assert.Equal(location.OwnId, (await host.FeedAsync()).Last(static entry => entry.Id == "A1").Location);
    }

    [Fact]
    public async Task What_is_discovered_again_keeps_its_mapping_and_what_is_gone_counts_as_closed()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        _shop.Locations.RemoveAt(1);
        _shop.Locations[0] = _shop.Locations[0] with { Name = "Renamed" };
        _shop.Open("C");

        var known = await host.Directory.DiscoverAsync(await host.ConnectionAsync(), Token);

        Assert.Equal(
            [("A", "Renamed", "own-A", true), ("B", "Shop B", "own-B", false), ("C", "Shop C", null, true)],
            known.Select(static location => (location.Location.Ref.Id, location.Location.Name, location.OwnId, location.Location.Active)));
        Assert.Equal(host.Clock.GetUtcNow(), known[1].ClosedAt);
    }

    [Fact]
    public async Task A_location_that_vanished_keeps_its_mapping_and_its_records()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        await host.RunAsync();
        _shop.Locations.RemoveAt(1);

        var known = await host.Directory.DiscoverAsync(await host.ConnectionAsync(), Token);

        Assert.Equal(("own-B", host.Clock.GetUtcNow()), (known[1].OwnId, known[1].VanishedAt));
        Assert.Equal(["A1", "B1", "B2"], (await host.FedSalesAsync()).Order());
        Assert.DoesNotContain(await host.FeedAsync(), static entry => entry.Kind == ChangeKind.Delete);
    }

    [Fact]
    public async Task A_new_connection_syncs_when_its_locations_are_known()
    {
        await using var host = await SyncingHost.OpenAsync(_shop, discovered: false);
        await host.StartAsync();
        host.Clock.Advance(TimeSpan.Zero);
        Assert.Equal(StreamName.Catalog, (await host.NextEndedAsync()).Run.Stream);
        Assert.Equal("No location of the connection is known yet.", host.Scheduler.ProblemOf(SyncingHost.SalesKey));

        await host.Events.RaiseConnectedAsync(await host.ConnectionAsync(), Token);
        host.Clock.Advance(TimeSpan.Zero);
        var run = await NextEndedAsync(host);

        Assert.Equal((RunTrigger.Connect, SyncOutcome.Completed, 3L), (run.Trigger, run.Outcome, run.Held));
    }

    [Fact]
    public async Task A_service_that_cannot_be_asked_for_its_locations_is_asked_again_and_the_connection_says_why()
    {
        await using var host = await SyncingHost.OpenAsync(_shop, discovered: false);
        _shop.BeforeLocations = static _ => throw new DriverException(FailureKind.Transient, "The service is unwell.");
        await host.StartAsync();

        var end = await host.Discovery.DiscoverAsync(await host.ConnectionAsync(), Token);

        Assert.Equal(SyncOutcome.RetryLater, end.Outcome);
        var connection = await host.ConnectionAsync();
        Assert.Equal((ConnectionStatus.Ok, "locations: The service is unwell."), (connection.Status, connection.Cause));

        _shop.BeforeLocations = static _ => default;
        host.Clock.Advance(TimeSpan.FromSeconds(30));
        await NextEndedAsync(host);
        Assert.Null((await host.ConnectionAsync()).Cause);
        Assert.Equal(2, _shop.LocationCalls);
    }

    [Theory]
    [InlineData(FailureKind.Transient)]
    [InlineData(FailureKind.Misconfigured)]
    public async Task Known_locations_are_synced_after_a_reconnect_also_where_the_service_does_not_tell_them(FailureKind kind)
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        // As after it had left: the scheduler knows nothing of it.
        await host.Queue.StartAsync(Token);
        _shop.BeforeLocations = _ => throw new DriverException(kind, "The locations are not told.");

        await host.Events.RaiseConnectedAsync(await host.ConnectionAsync(), Token);
        host.Clock.Advance(TimeSpan.Zero);
        var run = await NextEndedAsync(host);

        Assert.Equal((RunTrigger.Connect, SyncOutcome.Completed), (run.Trigger, run.Outcome));
    }

    [Fact]
    public async Task A_connection_that_leaves_has_stopped_and_left_nothing_when_its_records_are_to_go()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        var reached = new TaskCompletionSource();
        _shop.BeforePage = async (location, _, token) =>
        {
            if (location == "A")
            {
                reached.TrySetResult();
                await Task.Delay(Timeout.Infinite, token);
            }
        };
        await host.StartAsync();
        host.Clock.Advance(TimeSpan.Zero);
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30), Token);

        await host.Events.RaiseLeavingAsync(await host.ConnectionAsync(), Token);

        Assert.Null(host.Queue.Find(SyncingHost.SalesKey));
        Assert.Null(host.Scheduler.NextOf(SyncingHost.SalesKey));
        Assert.Empty(await host.Directory.ListAsync(SyncingHost.Id, Token));
    }

    /// <summary>The next run of the sales; time passes by zero meanwhile, so that what is due at once is noticed.</summary>
    private static async Task<SyncRun> NextEndedAsync(SyncingHost host)
    {
        var ended = host.NextEndedAsync(StreamName.Sales);
        while (!ended.IsCompleted)
        {
            host.Clock.Advance(TimeSpan.Zero);
            await Task.Yield();
        }

        return await ended;
    }
}
