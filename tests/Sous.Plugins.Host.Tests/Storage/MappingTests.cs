using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Storage;

public abstract class MappingTests(Engine engine)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Records_of_an_unmapped_location_are_held_counted_and_released_by_its_mapping()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine, mapped: false);

        Assert.Equal(new CommitResult(2, 0, 0, 0, 2, 0), await test.CommitAsync(Sales.Make("s1"), Sales.Make("s2")));
        Assert.Equal(new CommitResult(0, 1, 1, 0, 1, 0), await test.CommitAsync(Sales.Make("s1"), Sales.Make("s2", net: 7)));
        Assert.Empty(await test.FeedAsync());
        Assert.Equal(2, (await test.Store.CountHeldAsync(StoreUnderTest.Connection, Token))[Sales.Location]);
        Assert.Equal(2, (await test.SalesAsync(Sales.Day)).Count);

        await test.MapAsync("own-1");
        await test.MapAsync("own-1");

        var feed = await test.FeedAsync();
        Assert.Equal([("s1", 1L, "own-1"), ("s2", 1L, "own-1")], feed.Select(static entry => (entry.Id, entry.Version, entry.Location!)));
        Assert.Contains("\"minor\":7,", System.Text.Encoding.UTF8.GetString(feed[1].Body.Span), StringComparison.Ordinal);
        Assert.Empty(await test.Store.CountHeldAsync(StoreUnderTest.Connection, Token));
        Assert.Equal(2, (await test.CommitAsync(Sales.Make("s1"), Sales.Make("s2", net: 7))).Unchanged);
    }

    [Fact]
    public async Task A_held_record_that_is_deleted_is_gone_without_an_entry()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine, mapped: false);
        await test.CommitAsync(Sales.Make("s1"));

        Assert.Equal(1, (await test.DeleteAsync("s1")).Deleted);

        await test.MapAsync("own-1");
        Assert.Empty(await test.FeedAsync());
        Assert.Empty(await test.Store.CountHeldAsync(StoreUnderTest.Connection, Token));
        Assert.Empty(await test.SalesAsync(Sales.Day));
    }

    [Fact]
    public async Task Another_own_id_shows_as_delete_under_the_old_and_upsert_under_the_new()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.CommitAsync(Sales.Make("s1"), Sales.Make("gone"));
        await test.DeleteAsync("gone");

        await test.MapAsync("own-2", at: Sales.Noon.AddHours(1));
        await test.MapAsync("own-2", at: Sales.Noon.AddHours(2));

        var feed = await test.FeedAsync();
        Assert.Equal(
            [(4L, ChangeKind.Delete, "own-1", 2L, true), (5L, ChangeKind.Upsert, "own-2", 3L, false)],
            feed.Skip(3).Select(static entry => (entry.Sequence, entry.Kind, entry.Location!, entry.Version, entry.Body.IsEmpty)));
        Assert.Equal(feed[0].Body.ToArray(), feed[^1].Body.ToArray());
        Assert.Equal(1, (await test.CommitAsync(Sales.Make("s1"))).Unchanged);
    }

    [Fact]
    public async Task Taking_a_mapping_back_deletes_and_holds_its_records_and_mapping_again_brings_them_back()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.CommitAsync(Sales.Make("s1"));

        await test.MapAsync(null);

        Assert.Equal(ChangeKind.Delete, (await test.FeedAsync())[^1].Kind);
        Assert.Equal(1, (await test.Store.CountHeldAsync(StoreUnderTest.Connection, Token))[Sales.Location]);
        await test.MapAsync("own-3");
        var back = (await test.FeedAsync())[^1];
        Assert.Equal((ChangeKind.Upsert, "own-3", 3L), (back.Kind, back.Location, back.Version));
        Assert.False(back.Body.IsEmpty);
    }

    [Fact]
    public async Task A_mapping_of_more_records_than_fit_a_transaction_reaches_them_all()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        for (var page = 0; page < 3; page++)
        {
            await test.CommitAsync([.. Enumerable.Range(0, 450).Select(i => Sales.Make($"{page}-{i}", day: Sales.Day.AddDays(i % 5)))]);
        }

        await test.MapAsync("own-2");

        var after = 1350L;
        var moved = new List<FeedEntry>();
        for (var more = true; more;)
        {
            var page = await test.Store.ReadChangesAsync(new FeedQuery(StoreUnderTest.Tenant, after, null, "own-2", 1000), Token);
            moved.AddRange(page.Changes);
            (after, more) = (page.Next, page.More);
        }

        Assert.Equal(1350, moved.Select(static entry => entry.Id).Distinct().Count());
        Assert.Equal(1350 * 3, after);
    }

    [Fact]
    public async Task A_record_that_moves_to_another_location_is_deleted_where_it_was()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.MapAsync("own-2", external: "L2");
        await test.CommitAsync(Sales.Make("s1"));

        Assert.Equal(1, (await test.CommitAsync(Sales.Make("s1", location: "L2"))).Updated);
        Assert.Equal(new CommitResult(0, 1, 0, 0, 1, 4), await test.CommitAsync(Sales.Make("s1", location: "L3")));

        Assert.Equal(
            [(ChangeKind.Upsert, "own-1"), (ChangeKind.Delete, "own-1"), (ChangeKind.Upsert, "own-2"), (ChangeKind.Delete, "own-2")],
            (await test.FeedAsync()).Select(static entry => (entry.Kind, entry.Location!)));
        Assert.Single(await test.SalesAsync(Sales.Day));
    }
}

public sealed class SqliteMappingTests() : MappingTests(Engine.Sqlite);

public sealed class PostgresMappingTests() : MappingTests(Engine.Postgres);
