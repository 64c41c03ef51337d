using System.Globalization;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Syncing.Listings;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Tests.Storage.Sqlite;

public sealed class ListingsTests
{
    private static readonly Scope s_scope = new(StoreUnderTest.Connection, StreamName.Sales, null);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_host_that_is_killed_between_two_deletes_goes_on_with_the_rest_and_tells_none_twice()
    {
        await using var test = await StoreUnderTest.CreateAsync();
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
        await using var test = await StoreUnderTest.CreateAsync();
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
        await using var test = await StoreUnderTest.CreateAsync();
        await ListAsync(test, Enumerable.Range(0, 20));

        await test.Store.DeleteConnectionAsync(StoreUnderTest.Tenant, StoreUnderTest.Connection, Sales.Noon, Token);

        Assert.Empty(await test.Listings.ListAsync(s_scope, Token));
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
            using var page = Pages.Encode(StoreUnderTest.Tenant, StoreUnderTest.Connection, [.. chunks[i].Select(static sale => Change.Upsert(IdOf(sale), Sales.Make(IdOf(sale))))]);
            await test.Store.CommitAsync(
                StoreUnderTest.PageOf(test.Run, page, Sales.Noon) with
                {
                    Scope = s_scope,
                    Listing = i == chunks.Count - 1 ? Listing.End : Listing.Part,
                    BeginsAnew = i == 0,
                    Marks = IdMark.OfUpserts(page.Changes),
                },
                Token);
        }
    }

    private static ListingWork Work(StoreUnderTest test) => new(StoreUnderTest.Tenant, s_scope, test.Run.Id, test.Run.Fence);

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
