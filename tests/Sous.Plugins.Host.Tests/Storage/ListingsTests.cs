using System.Globalization;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Listings;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Tests.Storage;

public abstract class ListingsTests(Engine engine)
{
    private static readonly Scope s_scope = new(StoreUnderTest.Connection, StreamName.Sales, null);
    private static readonly Scope s_first = s_scope with { Location = "L1" };
    private static readonly Scope s_second = s_scope with { Location = "L2" };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_that_is_killed_between_two_deletes_goes_on_with_the_rest_and_tells_none_twice()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await ListAsync(test, Enumerable.Range(0, 4_000));
        await ListAsync(test, Enumerable.Range(0, 2_000));
        var listing = Assert.Single(await test.Listings.ListAsync(s_scope, Token));
        Assert.Equal((ListingState.Complete, new Missing(2_000, 4_000, 0)), (listing.State, await test.Listings.CompareAsync(s_scope, listing.No, Token) with { Print = 0 }));
        await Assert.ThrowsAsync<OperationCanceledException>(() => test.Listings.DeleteMissingAsync(Work(test), listing.No, Sales.Noon, static _ => throw new OperationCanceledException(), Token));
        var before = test.Store;
        await test.AbandonAsync();
        await using var killed = before;
        test.Run = await test.Store.BeginRunAsync(StoreUnderTest.NewRun(StoreUnderTest.Tenant, StoreUnderTest.Connection), Token);
        var deleted = 0;

        await test.Listings.DeleteMissingAsync(Work(test), listing.No, Sales.Noon, more => deleted += more, Token);
        await test.Listings.FinishAsync(Work(test), listing.No, Token);

        Assert.Equal(1_500, deleted);
        Assert.Equal(1_500, (await test.Store.FindRunAsync(test.Run.Id, Token))!.Deleted);
        var gone = await DeletesAsync(test);
        Assert.Equal(2_000, gone.Count);
        Assert.Equal(Enumerable.Range(2_000, 2_000).Select(IdOf).Order(StringComparer.Ordinal), gone.Order(StringComparer.Ordinal));
        Assert.Empty(await test.Listings.ListAsync(s_scope, Token));
    }

    [Fact]
    public async Task A_run_that_wakes_up_after_a_later_one_has_begun_deletes_nothing()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await ListAsync(test, Enumerable.Range(0, 20));
        await ListAsync(test, Enumerable.Range(0, 10));
        var work = Work(test);
        var listing = (await test.Listings.ListAsync(s_scope, Token)).Single().No;
        await test.Store.BeginRunAsync(StoreUnderTest.NewRun(StoreUnderTest.Tenant, StoreUnderTest.Connection), Token);

        await Assert.ThrowsAsync<StaleFenceException>(() => test.Listings.DeleteMissingAsync(work, listing, Sales.Noon, static _ => { }, Token));
        await Assert.ThrowsAsync<StaleFenceException>(() => test.Listings.FinishAsync(work, listing, Token));
        await Assert.ThrowsAsync<StaleFenceException>(() => test.Listings.HoldAsync(work, listing, default, Token));

        Assert.Empty(await DeletesAsync(test));
    }

    [Fact]
    public async Task Nothing_of_its_listings_is_left_when_a_connection_is_deleted()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await ListAsync(test, Enumerable.Range(0, 20));

        await test.Store.DeleteConnectionAsync(StoreUnderTest.Tenant, StoreUnderTest.Connection, Sales.Noon, Token);

        Assert.Empty(await test.Listings.ListAsync(s_scope, Token));
    }

    [Fact]
    public async Task A_page_after_the_end_of_a_listing_spares_what_it_names()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await ListAsync(test, Enumerable.Range(0, 6));
        await ListAsync(test, Enumerable.Range(0, 4));
        var listing = Assert.Single(await test.Listings.ListAsync(s_scope, Token)).No;

        await PageAsync(test, s_scope, Listing.None, [5]);

        Assert.Equal((1L, 6L), await CountAsync(test, s_scope, listing));
        await test.Listings.DeleteMissingAsync(Work(test), listing, Sales.Noon, static _ => { }, Token);
        Assert.Equal([IdOf(4)], await DeletesAsync(test));
    }

    [Fact]
    public async Task By_location_only_what_its_listing_before_named_can_go_and_what_another_names_too_stays()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await SettleAsync(test, s_first, [0, 1, 2]);
        await SettleAsync(test, s_second, [2, 3]);
        Assert.All(await test.Listings.ListAsync(s_first, Token), static kept => Assert.Equal(ListingState.Kept, kept.State));

        await PageAsync(test, s_first, Listing.End, [0, 4]);

        var stored = await test.Listings.ListAsync(s_first, Token);
        Assert.Equal([ListingState.Kept, ListingState.Complete], stored.Select(static one => one.State));
        Assert.Equal((1L, 3L), await CountAsync(test, s_first, stored[^1].No));
        Assert.Equal(1, await SettleAsync(test, s_first, [0, 4]));
        Assert.Equal([IdOf(1)], await DeletesAsync(test));
        Assert.Equal(ListingState.Kept, Assert.Single(await test.Listings.ListAsync(s_first, Token)).State);
    }

    [Fact]
    public async Task What_a_run_holds_is_approved_once_and_its_reason_says_so()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var held = await HoldAsync(test, s_scope, [0, 1, 2], [0]);
        Assert.Equal(held, Assert.Single(await test.Listings.ListHeldAsync(StoreUnderTest.Connection, StreamName.Sales, Token)));
        Assert.Equal((ListingState.Held, test.Run.Id, 2L, 3L), (held.State, held.Run, held.Missing.Count, held.Missing.Total));

        Assert.Equal(0, await test.Listings.DecideAsync("run_of_nobody", approve: true, Token));
        Assert.Equal(1, await test.Listings.DecideAsync(test.Run.Id, approve: true, Token));
        Assert.Equal(0, await test.Listings.DecideAsync(test.Run.Id, approve: true, Token));

        Assert.Empty(await test.Listings.ListHeldAsync(StoreUnderTest.Connection, StreamName.Sales, Token));
        Assert.Equal(held with { State = ListingState.Approved }, Assert.Single(await test.Listings.ListAsync(s_scope, Token)));
        Assert.Equal("It was approved.", (await test.Store.FindRunAsync(test.Run.Id, Token))!.Reason);
    }

    [Fact]
    public async Task Of_a_rejected_listing_only_what_it_left_out_is_remembered_and_the_next_like_it_is_passed_over()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var held = await HoldAsync(test, s_scope, [0, 1, 2], [0]);
        await test.Listings.DecideAsync(test.Run.Id, approve: false, Token);
        Assert.Equal(held with { State = ListingState.Kept }, Assert.Single(await test.Listings.ListAsync(s_scope, Token)));

        await PageAsync(test, s_scope, Listing.End, [0]);

        var next = (await test.Listings.ListAsync(s_scope, Token))[^1];
        Assert.Equal(held.Missing, await test.Listings.CompareAsync(s_scope, next.No, Token));
        await test.Listings.PassOverAsync(Work(test), next.No, Token);
        Assert.Equal(held.No, Assert.Single(await test.Listings.ListAsync(s_scope, Token)).No);
        Assert.Empty(await DeletesAsync(test));
    }

    [Fact]
    public async Task By_location_what_a_rejected_listing_left_out_stays_the_locations_and_what_it_brought_joins()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var held = await HoldAsync(test, s_first, [0, 1, 2], [0, 3]);

        await test.Listings.DecideAsync(test.Run.Id, approve: false, Token);

        var kept = Assert.Single(await test.Listings.ListAsync(s_first, Token));
        Assert.Equal((ListingState.Kept, held.Missing), (kept.State, kept.Missing));
        await PageAsync(test, s_first, Listing.End, [0]);
        var next = (await test.Listings.ListAsync(s_first, Token))[^1];
        Assert.Equal((3L, 4L), await CountAsync(test, s_first, next.No));
        await test.Listings.PassOverAsync(Work(test, s_first), next.No, Token);
        Assert.Equal(kept, Assert.Single(await test.Listings.ListAsync(s_first, Token)));
    }

    [Fact]
    public async Task A_listing_whose_position_was_set_by_hand_deletes_nothing_and_neither_does_one_that_was_broken_off()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await ListAsync(test, Enumerable.Range(0, 3));
        await test.Listings.FinishAsync(Work(test), Assert.Single(await test.Listings.ListAsync(s_scope, Token)).No, Token);
        await PageAsync(test, s_scope, Listing.Part, [0]);

        await test.Store.ChangeCheckpointsAsync(new SyncKey(StoreUnderTest.Connection, StreamName.Sales), [(null, new Checkpoint("by hand"))], static _ => { }, Sales.Noon, Token);

        Assert.Equal(ListingState.Cut, Assert.Single(await test.Listings.ListAsync(s_scope, Token)).State);
        test.Run = await test.Store.BeginRunAsync(StoreUnderTest.NewRun(StoreUnderTest.Tenant, StoreUnderTest.Connection), Token);
        await PageAsync(test, s_scope, Listing.End, [1]);
        Assert.Empty(await test.Listings.ListAsync(s_scope, Token));
        await PageAsync(test, s_scope, Listing.Part, [1]);
        await PageAsync(test, s_scope, Listing.Part, [0], beginsAnew: true);
        await PageAsync(test, s_scope, Listing.End, [2]);
        Assert.Equal((1L, 3L), await CountAsync(test, s_scope, Assert.Single(await test.Listings.ListAsync(s_scope, Token)).No));
    }

    /// <summary>A complete listing in pages of a thousand; the first one is settled, as a run does.</summary>
    private static async Task ListAsync(StoreUnderTest test, IEnumerable<int> sales)
    {
        foreach (var earlier in await test.Listings.ListAsync(s_scope, Token))
        {
            await test.Listings.FinishAsync(Work(test), earlier.No, Token);
        }

        var chunks = sales.Chunk(1000).ToList();
        for (var i = 0; i < chunks.Count; i++)
        {
            await PageAsync(test, s_scope, i == chunks.Count - 1 ? Listing.End : Listing.Part, chunks[i], beginsAnew: i == 0);
        }
    }

    /// <summary>A listing of one page, carried out.</summary>
    private static async Task<int> SettleAsync(StoreUnderTest test, Scope scope, int[] sales)
    {
        await PageAsync(test, scope, Listing.End, sales);
        var listing = (await test.Listings.ListAsync(scope, Token))[^1].No;
        var deleted = 0;
        await test.Listings.DeleteMissingAsync(Work(test, scope), listing, Sales.Noon, more => deleted += more, Token);
        await test.Listings.FinishAsync(Work(test, scope), listing, Token);
        return deleted;
    }

    /// <summary>A listing that is carried out, and then one that an operator is to decide on.</summary>
    private static async Task<StoredListing> HoldAsync(StoreUnderTest test, Scope scope, int[] before, int[] now)
    {
        await SettleAsync(test, scope, before);
        await PageAsync(test, scope, Listing.End, now);
        var listing = (await test.Listings.ListAsync(scope, Token))[^1].No;
        await test.Listings.HoldAsync(Work(test, scope), listing, await test.Listings.CompareAsync(scope, listing, Token), Token);
        return (await test.Listings.ListAsync(scope, Token))[^1];
    }

    private static async Task PageAsync(StoreUnderTest test, Scope scope, Listing listing, int[] sales, bool beginsAnew = false)
    {
        using var page = Pages.Encode(StoreUnderTest.Tenant, StoreUnderTest.Connection, [.. sales.Select(static sale => Change.Upsert(IdOf(sale), Sales.Make(IdOf(sale))))]);
        await test.Store.CommitAsync(
            StoreUnderTest.PageOf(test.Run, page, Sales.Noon) with { Scope = scope, Listing = listing, BeginsAnew = beginsAnew, Marks = IdMark.OfUpserts(page.Changes) }, Token);
    }

    private static async Task<(long Count, long Total)> CountAsync(StoreUnderTest test, Scope scope, long listing)
    {
        var missing = await test.Listings.CompareAsync(scope, listing, Token);
        return (missing.Count, missing.Total);
    }

    private static ListingWork Work(StoreUnderTest test, Scope? scope = null) => new(StoreUnderTest.Tenant, scope ?? s_scope, test.Run.Id, test.Run.Fence);

    private static string IdOf(int sale) => string.Create(CultureInfo.InvariantCulture, $"s{sale}");

    private static async Task<List<string>> DeletesAsync(StoreUnderTest test)
    {
        var deletes = new List<string>();
        for (var (after, more) = (0L, true); more;)
        {
            var page = await test.Store.ReadChangesAsync(new FeedQuery(StoreUnderTest.Tenant, after, null, null, 1000), Token);
            deletes.AddRange(page.Changes.Where(static entry => entry.Kind == ChangeKind.Delete).Select(static entry => entry.Id));
            (after, more) = (page.Next, page.More);
        }

        return deletes;
    }
}

public sealed class SqliteListingsTests() : ListingsTests(Engine.Sqlite);

public sealed class PostgresListingsTests() : ListingsTests(Engine.Postgres);
