using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Listings;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Tests.Syncing.Listings;

/// <summary>Invariant 14: what a complete listing does not name is deleted, and too much of it only once an operator says so.</summary>
public sealed class ListingTests
{
    private readonly Shop _shop = new();

    public ListingTests() => _shop.Open("A");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_complete_listing_no_longer_names_is_deleted_and_nothing_else_is()
    {
        await using var host = await ListedAsync(Dishes(1, 20));
        _shop.Menus[""] = [.. Dishes(1, 7), .. Dishes(9, 20)];

        var (run, _) = await host.RunAsync(StreamName.Catalog);
        var (again, _) = await host.RunAsync(StreamName.Catalog);

        Assert.Equal((SyncOutcome.Completed, 1L, 19L), (run.Outcome, run.Deleted, run.Unchanged));
        Assert.Equal(run with { }, await host.Store.FindRunAsync(run.Id, Token));
        Assert.Equal(0, again.Deleted);
        Assert.Equal(["d08"], (await host.FeedAsync()).Where(static entry => entry.Kind == ChangeKind.Delete).Select(static entry => entry.Id));
        Assert.Equal(_shop.Menus[""], await LiveAsync(host));
    }

    [Fact]
    public async Task A_listing_that_was_broken_off_deletes_nothing_until_it_is_complete_also_in_another_process()
    {
        var first = await ListedAsync(Dishes(1, 20));
        _shop.Menus[""] = [.. Dishes(1, 18), "new"];
        _shop.BeforePage = static (_, page, _) => page == 6 ? throw new DriverException(FailureKind.Transient, "The service is unwell.") : default;
        var (broken, _) = await first.RunAsync(StreamName.Catalog);
        await using var host = await first.ReopenAsync();
        Assert.Equal((SyncOutcome.RetryLater, 20), (broken.Outcome, (await LiveAsync(host)).Count));
        _shop.BeforePage = static (_, _, _) => default;

        var (run, _) = await host.RunAsync(StreamName.Catalog);

        // It went on at the sixth page; the ten before it were named by the process that is gone.
        Assert.Equal((SyncOutcome.Completed, 5, 2L), (run.Outcome, run.Pages, run.Deleted));
        Assert.Equal(_shop.Menus[""], await LiveAsync(host));
        await first.DisposeAsync();
    }

    [Fact]
    public async Task A_listing_that_begins_without_a_checkpoint_forgets_what_one_before_it_had_named()
    {
        await using var host = await ListedAsync(Dishes(1, 20));
        _shop.BeforePage = static (_, page, _) => page == 6 ? throw new DriverException(FailureKind.Transient, "The service is unwell.") : default;
        await host.RunAsync(StreamName.Catalog);
        _shop.BeforePage = static (_, _, _) => default;
        await host.Store.ChangeCheckpointsAsync(new SyncKey(SyncingHost.Id, StreamName.Catalog), [(null, null)], static _ => { }, SyncingHost.Start, Token);
        _shop.Menus[""] = Dishes(2, 20);

        var (run, _) = await host.RunAsync(StreamName.Catalog);

        Assert.Equal((10, 1L), (run.Pages, run.Deleted));
    }

    [Fact]
    public async Task Too_many_deletes_are_held_until_they_are_approved_and_then_just_those_go_through()
    {
        await using var host = await ListedAsync(Dishes(1, 40));
        _shop.Menus[""] = Dishes(1, 30);

        var (held, _) = await host.RunAsync(StreamName.Catalog);

        Assert.Equal((SyncOutcome.Suspect, 0L), (held.Outcome, held.Deleted));
        Assert.Equal($"The service's listing leaves out 10 of 40 records. Nothing is deleted until run {held.Id} is approved or rejected.", held.Reason);
        Assert.Equal((ConnectionStatus.NeedsAttention, Actor.Operator), ((await host.ConnectionAsync()).Status, (await host.ConnectionAsync()).Actor));
        Assert.Equal(40, (await LiveAsync(host)).Count);
        // One of them is told of again before anybody has decided.
        _shop.Added = ["d35"];
        var (changes, _) = await host.RunAsync(StreamName.Catalog);
        Assert.Equal((SyncOutcome.Completed, ConnectionStatus.NeedsAttention), (changes.Outcome, (await host.ConnectionAsync()).Status));
        Assert.Equal(1, await host.Store.Listings.DecideAsync(held.Id, approve: true, Token));

        var (run, _) = await host.RunAsync(StreamName.Catalog);

        Assert.Equal((SyncOutcome.Completed, 9L, ConnectionStatus.Ok), (run.Outcome, run.Deleted, (await host.ConnectionAsync()).Status));
        Assert.Equal([.. Dishes(1, 30), "d35"], await LiveAsync(host));
        Assert.Equal(9, (await host.FeedAsync()).Count(static entry => entry.Kind == ChangeKind.Delete));
    }

    [Fact]
    public async Task What_was_rejected_stays_and_is_asked_about_again_only_where_it_is_something_else()
    {
        await using var host = await ListedAsync(Dishes(1, 40));
        _shop.Menus[""] = Dishes(1, 30);
        var (held, _) = await host.RunAsync(StreamName.Catalog);
        await host.Store.Listings.DecideAsync(held.Id, approve: false, Token);

        var (same, _) = await host.RunAsync(StreamName.Catalog);

        Assert.Equal((SyncOutcome.Completed, 0L, 40), (same.Outcome, same.Deleted, (await LiveAsync(host)).Count));
        Assert.Equal(ConnectionStatus.Ok, (await host.ConnectionAsync()).Status);
        Assert.EndsWith("It was rejected.", (await host.Store.FindRunAsync(held.Id, Token))!.Reason, StringComparison.Ordinal);
        _shop.Menus[""] = Dishes(1, 29);
        var (other, _) = await host.RunAsync(StreamName.Catalog);
        Assert.Equal(SyncOutcome.Suspect, other.Outcome);
        Assert.Contains("leaves out 11 of 40", other.Reason, StringComparison.Ordinal);
        // A listing that is whole again has nothing to ask.
        _shop.Menus[""] = Dishes(1, 40);
        var (whole, _) = await host.RunAsync(StreamName.Catalog);
        Assert.Equal((SyncOutcome.Completed, 0), (whole.Outcome, (await HeldAsync(host)).Count));
    }

    [Fact]
    public async Task While_a_question_is_open_the_connection_says_so_whatever_other_runs_bring()
    {
        await using var host = await ListedAsync(Dishes(1, 40));
        _shop.Menus[""] = Dishes(1, 30);
        var (first, _) = await host.RunAsync(StreamName.Catalog);

        var (second, _) = await host.RunAsync(StreamName.Catalog);
        await host.RunAsync();

        // The newest run asks: its listing is the one that would be carried out.
        Assert.Equal(SyncOutcome.Suspect, second.Outcome);
        Assert.Equal([second.Id], (await HeldAsync(host)).Select(static held => held.Run));
        Assert.Equal(0, await host.Store.Listings.DecideAsync(first.Id, approve: true, Token));
        Assert.Contains(second.Id, (await host.ConnectionAsync()).Cause, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_short_menu_may_change_as_it_likes()
    {
        await using var host = await ListedAsync(Dishes(1, 9));
        _shop.Menus[""] = ["d01"];

        var (run, _) = await host.RunAsync(StreamName.Catalog);

        Assert.Equal((SyncOutcome.Completed, 8L), (run.Outcome, run.Deleted));
        Assert.Equal(["d01"], await LiveAsync(host));
    }

    [Theory]
    [InlineData(9, true)]
    [InlineData(2, true)]
    [InlineData(1, false)]
    public async Task An_empty_listing_takes_nothing_away_unasked_unless_it_is_a_single_record(int dishes, bool asks)
    {
        await using var host = await ListedAsync(Dishes(1, dishes));
        _shop.Menus[""] = [];

        var (run, _) = await host.RunAsync(StreamName.Catalog);

        Assert.Equal(asks ? SyncOutcome.Suspect : SyncOutcome.Completed, run.Outcome);
        Assert.Equal(asks ? dishes : 0, (await LiveAsync(host)).Count);
    }

    [Fact]
    public async Task A_location_loses_what_its_own_listing_leaves_out_and_nothing_that_another_still_names()
    {
        _shop.Open("B");
        _shop.Manifest = Shop.DefaultManifest with
        {
            Streams = [new StreamManifest { Name = "catalog", Scope = StreamScope.Location, Schedule = "30 5 * * *", PageLimit = 2 }],
        };
        (_shop.Menus["A"], _shop.Menus["B"]) = (["soup", "bread", "a1"], ["soup", "b1"]);
        await using var host = await SyncingHost.OpenAsync(_shop);
        await host.RunAsync(StreamName.Catalog);
        (_shop.Menus["A"], _shop.Menus["B"]) = (["a1"], ["soup"]);

        var (run, _) = await host.RunAsync(StreamName.Catalog);

        Assert.Equal((SyncOutcome.Completed, 2L), (run.Outcome, run.Deleted));
        Assert.Equal(["a1", "soup"], await LiveAsync(host));
        _shop.Menus["B"] = ["b2"];
        await host.RunAsync(StreamName.Catalog);
        Assert.Equal(["a1", "b2"], await LiveAsync(host));
    }

    private async Task<SyncingHost> ListedAsync(IReadOnlyList<string> menu)
    {
        _shop.Menus[""] = menu;
        var host = await SyncingHost.OpenAsync(_shop);
        await host.RunAsync(StreamName.Catalog);
        return host;
    }

    private static async Task<IReadOnlyList<StoredListing>> HeldAsync(SyncingHost host)
        => await host.Store.Listings.ListHeldAsync(SyncingHost.Id, StreamName.Catalog, Token);

    private static string[] Dishes(int first, int last) => [.. Enumerable.Range(first, last - first + 1).Select(static dish => $"d{dish:D2}")];

    private static async Task<List<string>> LiveAsync(SyncingHost host)
    {
        var live = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var entry in (await host.FeedAsync()).Where(static entry => entry.Stream == StreamName.Catalog))
        {
            _ = entry.Kind == ChangeKind.Upsert ? live.Add(entry.Id) : live.Remove(entry.Id);
        }

        return [.. live];
    }
}
