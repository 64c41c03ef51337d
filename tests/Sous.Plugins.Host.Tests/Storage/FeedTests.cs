using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Tests.Storage;

public abstract class FeedTests(Engine engine)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_feed_is_read_in_pages_until_there_is_no_more()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.CommitAsync([.. Enumerable.Range(1, 7).Select(static i => Sales.Make($"s{i}"))]);

        var first = await ReadAsync(test, after: 0, limit: 3);
        var second = await ReadAsync(test, first.Next, limit: 3);
        var third = await ReadAsync(test, second.Next, limit: 3);
        var beyond = await ReadAsync(test, third.Next, limit: 3);

        Assert.Equal([(3, 3L, true), (3, 6L, true), (1, 7L, false), (0, 7L, false)],
            new[] { first, second, third, beyond }.Select(static page => (page.Changes.Count, page.Next, page.More)));
    }

    [Fact]
    public async Task A_page_ends_with_the_entry_that_brings_it_to_8_mebibytes()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var name = new string('x', 900 * 1024);
        await test.CommitAsync([.. Enumerable.Range(1, 12).Select(i => Sales.Make($"s{i}") with { Lines = [Sales.Line("1", 1m, 1000) with { Name = name }] })]);

        var first = await ReadAsync(test, after: 0, limit: 1000);
        var second = await ReadAsync(test, first.Next, limit: 1000);

        Assert.Equal([(10, 10L, true), (2, 12L, false)], new[] { first, second }.Select(static page => (page.Changes.Count, page.Next, page.More)));
    }

    [Fact]
    public async Task The_position_moves_past_entries_that_a_filter_leaves_out()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.MapAsync("own-2", external: "L2");
        await test.CommitAsync(Sales.Make("a"), Sales.Make("b", location: "L2"), Sales.Make("c"), Sales.Make("d", location: "L2"), Sales.Make("e"));

        var page = await ReadAsync(test, after: 0, limit: 10, location: "own-2");
        var limited = await ReadAsync(test, after: 0, limit: 1, location: "own-2");

        Assert.Equal(["b", "d"], page.Changes.Select(static entry => entry.Id));
        Assert.Equal((5L, false), (page.Next, page.More));
        Assert.Equal((2L, true), (limited.Next, limited.More));
        Assert.Equal((5L, 0), Summary(await ReadAsync(test, after: 0, limit: 10, location: "own-9")));
        Assert.Equal((5L, 0), Summary(await ReadAsync(test, after: 0, limit: 10, stream: StreamName.Catalog)));
        Assert.Equal((5L, 5), Summary(await ReadAsync(test, after: 0, limit: 10, stream: StreamName.Sales)));
    }

    [Fact]
    public async Task A_reader_beyond_the_end_or_of_another_epoch_is_told_to_start_over()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.CommitAsync(Sales.Make("s1"));
        var feed = (await ReadAsync(test, after: 1)).Feed;

        await Assert.ThrowsAsync<FeedResetException>(() => ReadAsync(test, after: 2));
        await Assert.ThrowsAsync<FeedResetException>(() => ReadAsync(test, after: 1, feed: "another"));
        Assert.Equal(feed, (await ReadAsync(test, after: 1, feed: feed)).Feed);
    }

    [Fact]
    public async Task In_another_epoch_every_earlier_position_is_told_to_start_over_whether_it_names_its_feed_or_not()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.CommitAsync([.. Enumerable.Range(1, 7).Select(static i => Sales.Make($"s{i}"))]);
        var before = await ReadAsync(test, after: 0);

        await test.RenewEpochAsync(Sales.Noon.AddDays(1));

        foreach (var after in (long[])[1, 6, 7, 8, 1_000])
        {
            await Assert.ThrowsAsync<FeedResetException>(() => ReadAsync(test, after));
        }

        var first = await ReadAsync(test, after: 0, limit: 3);
        Assert.NotEqual(before.Feed, first.Feed);
        var rest = await ReadAsync(test, first.Next, limit: 100, feed: first.Feed);
        Assert.Equal(before.Changes.Select(static e => (e.Id, e.Version)), first.Changes.Concat(rest.Changes).Select(static e => (e.Id, e.Version)));
        Assert.Equal(Enumerable.Range(1, 7).Select(i => first.Changes[0].Sequence - 1 + i), first.Changes.Concat(rest.Changes).Select(static e => e.Sequence));
        Assert.InRange(rest.Next, 1L << 40, 1L << 53);

        var waiting = test.Store.WaitForChangesAsync(StoreUnderTest.Tenant, rest.Next, Token);
        await test.CommitAsync(Sales.Make("s8"));
        Assert.Equal(rest.Next + 1, await waiting);
        Assert.Equal(["s8"], (await ReadAsync(test, rest.Next)).Changes.Select(static e => e.Id));
    }

    [Fact]
    public async Task A_tenant_without_records_has_an_empty_feed_of_the_epoch_that_it_will_have()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var before = await test.Store.ReadChangesAsync(new FeedQuery(new TenantId("new"), 0, null, null, 10), Token);

        await test.Store.BeginRunAsync(StoreUnderTest.NewRun(new TenantId("new"), new ConnectionId("con_new")), Token);

        var after = await test.Store.ReadChangesAsync(new FeedQuery(new TenantId("new"), 0, null, null, 10), Token);
        Assert.Equal((before.Feed, 0L, false), (after.Feed, after.Next, after.More));
        Assert.Empty(before.Changes);
    }

    [Fact]
    public async Task Waiting_ends_when_the_tenant_and_no_other_has_a_change()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var other = test.Store.WaitForChangesAsync(new TenantId("t2"), 0, Token);
        var wait = test.Store.WaitForChangesAsync(StoreUnderTest.Tenant, 0, Token);
        Assert.False(wait.IsCompleted);

        await test.CommitAsync(Sales.Make("s1"));

        Assert.Equal(1, await wait.WaitAsync(Token));
        Assert.False(other.IsCompleted);
        Assert.Equal(1, await test.Store.WaitForChangesAsync(StoreUnderTest.Tenant, 0, Token));
        using var cancel = new CancellationTokenSource();
        var cancelled = test.Store.WaitForChangesAsync(StoreUnderTest.Tenant, 1, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
    }

    [Fact]
    public async Task A_reader_that_polls_beside_eight_writers_misses_nothing()
    {
        const int Writers = 8;
        const int PagesEach = 25;
        const int PageSize = 6;
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var reading = PollAsync(test, Writers * PagesEach * PageSize);

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(
            async () =>
            {
                var connection = new ConnectionId($"con_w{writer}");
                var run = await test.Store.BeginRunAsync(StoreUnderTest.NewRun(StoreUnderTest.Tenant, connection), Token);
                await test.Store.ApplyMappingAsync(StoreUnderTest.Tenant, connection, Sales.Location, $"own-{writer}", Sales.Noon, Token);
                for (var page = 0; page < PagesEach; page++)
                {
                    var sales = Enumerable.Range(0, PageSize).Select(i => Change.Upsert($"{page}-{i}", Sales.Make($"{page}-{i}"))).ToList();
                    using var encoded = Pages.Encode(StoreUnderTest.Tenant, connection, [.. sales]);
                    await test.Store.CommitAsync(StoreUnderTest.PageOf(run, encoded, Sales.Noon), Token);
                }
            },
            Token)));

        var seen = await reading;
        Assert.Equal(Enumerable.Range(1, seen.Count).Select(static i => (long)i), seen.Select(static entry => entry.Sequence));
        Assert.Equal(seen.Count, seen.Select(static entry => (entry.Connection, entry.Id)).Distinct().Count());
    }

    private static async Task<List<FeedEntry>> PollAsync(StoreUnderTest test, int until)
    {
        var seen = new List<FeedEntry>();
        for (var after = 0L; after < until;)
        {
            await test.Store.WaitForChangesAsync(StoreUnderTest.Tenant, after, Token);
            var page = await ReadAsync(test, after, limit: 50);
            seen.AddRange(page.Changes);
            after = page.Next;
        }

        return seen;
    }

    private static (long Next, int Count) Summary(FeedPage page) => (page.Next, page.Changes.Count);

    private static Task<FeedPage> ReadAsync(StoreUnderTest test, long after, int limit = 10, string? location = null, StreamName? stream = null, string? feed = null) =>
        test.Store.ReadChangesAsync(new FeedQuery(StoreUnderTest.Tenant, after, stream, location, limit, feed), Token).AsTask();
}

public sealed class SqliteFeedTests() : FeedTests(Engine.Sqlite);

public sealed class PostgresFeedTests() : FeedTests(Engine.Postgres);
