using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Tests.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Locations;

/// <summary>Two of a service's locations under one own id, and apart again: every record is under exactly one id, and none is lost.</summary>
public sealed class MergeTests
{
    private readonly Shop _shop = new();

    public MergeTests()
    {
        _shop.Open("A");
        _shop.Open("B");
        _shop.Sell("A", "A1");
        _shop.Sell("B", "B1");
        _shop.Sell("B", "B2");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_locations_that_are_mapped_to_one_id_have_their_records_under_it()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        await host.RunAsync();

        await MapAsync(host, "B", "own-A");

        Assert.Equal([("own-A", "A1"), ("own-A", "B1"), ("own-A", "B2")], await StandingAsync(host));
        Assert.Equal(["B1", "B2"], (await host.FeedAsync()).Where(static entry => entry is { Kind: ChangeKind.Delete, Location: "own-B" }).Select(static entry => entry.Id).Order());
    }

    [Fact]
    public async Task One_that_is_taken_away_again_takes_its_own_records_along_and_no_other()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        await host.RunAsync();
        await MapAsync(host, "B", "own-A");

        await MapAsync(host, "B", null);

        Assert.Equal([("own-A", "A1")], await StandingAsync(host));
        Assert.Equal(2, (await host.Store.CountHeldAsync(SyncingHost.Id, Token))["B"]);

        await MapAsync(host, "B", "own-C");

        Assert.Equal([("own-A", "A1"), ("own-C", "B1"), ("own-C", "B2")], await StandingAsync(host));
        Assert.Empty(await host.Store.CountHeldAsync(SyncingHost.Id, Token));
    }

    [Fact]
    public async Task What_is_sold_after_a_merge_comes_under_the_common_id_and_after_a_split_under_its_own()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        await host.RunAsync();
        await MapAsync(host, "B", "own-A");
        _shop.Sell("B", "B3");
        await host.RunAsync();
        await MapAsync(host, "B", "own-B");
        _shop.Sell("B", "B4");
        await host.RunAsync();

        Assert.Equal([("own-A", "A1"), ("own-B", "B1"), ("own-B", "B2"), ("own-B", "B3"), ("own-B", "B4")], await StandingAsync(host));
    }

    [Fact]
    public async Task A_mapping_that_is_changed_amid_a_run_loses_nothing_and_doubles_nothing()
    {
        for (var number = 5; number < 25; number++)
        {
            _shop.Sell("B", $"B{number}");
        }

        await using var host = await SyncingHost.OpenAsync(_shop);
        // Each page of B meets another mapping than the one before.
        string?[] owns = ["own-A", null, "own-C", "own-B"];
        _shop.BeforePage = async (location, page, token) =>
        {
            if (location == "B")
            {
                await host.Directory.MapAsync(SyncingHost.Id, "test", "B", owns[page % owns.Length], null, token);
            }
        };
        await host.RunAsync();
        await MapAsync(host, "B", "own-A");

        var standing = await StandingAsync(host);
        Assert.Equal(23, standing.Count);
        Assert.All(standing, static record => Assert.Equal("own-A", record.Location));
        Assert.Empty(await host.Store.CountHeldAsync(SyncingHost.Id, Token));
    }

    [Fact]
    public async Task A_caller_who_goes_away_once_the_mapping_is_acknowledged_does_not_leave_it_half_done()
    {
        await using var host = await SyncingHost.OpenAsync(_shop);
        await host.RunAsync();
        using var caller = CancellationTokenSource.CreateLinkedTokenSource(Token);

        // The clock is asked for the time of the intent while that is written.
        var directory = new LocationDirectory(host.Registry, new EventLog(host.Registry), host.Store, _shop.Access, new CancellingClock(caller));

        await directory.MapAsync(SyncingHost.Id, "test", "B", "own-C", null, caller.Token);

        Assert.True(caller.IsCancellationRequested);
        Assert.False((await host.Directory.ListAsync(SyncingHost.Id, Token))[1].MappingPending);
        Assert.Equal([("own-A", "A1"), ("own-C", "B1"), ("own-C", "B2")], await StandingAsync(host));
    }

    private static Task<MappedLocation?> MapAsync(SyncingHost host, string externalId, string? ownId)
        => host.Directory.MapAsync(SyncingHost.Id, "test", externalId, ownId, null, Token);

    /// <summary>What a reader who follows the feed holds at its end. A record that came under a second id without a delete under the first stands here twice.</summary>
    private static async Task<List<(string? Location, string Id)>> StandingAsync(SyncingHost host)
    {
        var standing = new List<(string? Location, string Id)>();
        foreach (var entry in (await host.FeedAsync()).Where(static entry => entry.Stream == StreamName.Sales))
        {
            var key = (entry.Location, entry.Id);
            if (entry.Kind == ChangeKind.Delete)
            {
                Assert.True(standing.Remove(key), $"A delete of {key}, which nobody was told of.");
            }
            else
            {
                standing.Remove(key);
                standing.Add(key);
            }
        }

        return [.. standing.Order()];
    }

    private sealed class CancellingClock(CancellationTokenSource caller) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow()
        {
            caller.Cancel();
            return SyncingHost.Start;
        }
    }
}
