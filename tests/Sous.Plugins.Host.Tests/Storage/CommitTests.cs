using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Tests.Storage;

public abstract class CommitTests(Engine engine)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_page_brings_its_records_its_entries_and_its_checkpoint()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);

        var result = await test.CommitAsync(Sales.Make("s1"), Sales.Make("s2"));

        Assert.Equal(new CommitResult(2, 0, 0, 0, 0, 2), result);
        var feed = await test.FeedAsync();
        Assert.Equal([(1L, "s1", 1L), (2L, "s2", 1L)], feed.Select(static entry => (entry.Sequence, entry.Id, entry.Version)));
        Assert.All(feed, static entry => Assert.Equal(
            (StreamName.Sales, "sale", ChangeKind.Upsert, StoreUnderTest.Connection, "own-1", Sales.Noon),
            (entry.Stream, entry.Type, entry.Kind, entry.Connection, entry.Location, entry.ChangedAt)));
        Assert.Equal(new Checkpoint("next"), await test.Store.ReadCheckpointAsync(StoreUnderTest.Scope, Token));
    }

    [Fact]
    public async Task A_page_that_cannot_be_written_whole_leaves_no_trace_and_the_next_one_counts_on_from_before()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.CommitAsync(Sales.Make("s1"));
        await test.Database.BreakAsync("s3");

        var failure = await Assert.ThrowsAsync<StorageException>(() => test.CommitAsync(Sales.Make("s2"), Sales.Make("s3") with { LocationId = Sales.Location }));

        Assert.Contains(test.Database.Name, failure.Message, StringComparison.Ordinal);
        Assert.Single(await test.FeedAsync());
        await test.Database.MendAsync();
        Assert.Equal(new CommitResult(2, 0, 0, 0, 0, 3), await test.CommitAsync(Sales.Make("s2"), Sales.Make("s3")));
        Assert.Equal([1L, 2L, 3L], (await test.FeedAsync()).Select(static entry => entry.Sequence));
    }

    [Fact]
    public async Task A_page_that_fails_takes_none_of_those_with_it_that_were_waiting_beside_it()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.Database.BreakAsync("bad");

        var commits = Enumerable.Range(0, 24).Select(i => test.CommitAsync(Sales.Make(i % 5 == 2 ? "bad" : $"s{i}"))).ToList();
        await Task.WhenAll(commits.Select(static commit => commit.ContinueWith(static _ => { }, TaskScheduler.Default)));

        Assert.All(commits.Index(), static commit => Assert.Equal(commit.Index % 5 == 2, commit.Item.IsFaulted));
        var feed = await test.FeedAsync();
        Assert.Equal(commits.Count(static commit => commit.IsCompletedSuccessfully), feed.Count);
        Assert.Equal(Enumerable.Range(1, feed.Count).Select(static i => (long)i), feed.Select(static entry => entry.Sequence));
    }

    [Fact]
    public async Task A_page_of_a_run_that_a_later_one_has_fenced_off_is_refused()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        var later = await test.Store.BeginRunAsync(StoreUnderTest.NewRun(StoreUnderTest.Tenant, StoreUnderTest.Connection), Token);

        await Assert.ThrowsAsync<StaleFenceException>(() => test.CommitAsync(Sales.Make("s1")));

        Assert.True(later.Fence > test.Run.Fence);
        Assert.Empty(await test.FeedAsync());
        Assert.Null(await test.Store.ReadCheckpointAsync(StoreUnderTest.Scope, Token));
        test.Run = later;
        Assert.Equal(1, (await test.CommitAsync(Sales.Make("s1"))).Inserted);
    }

    [Fact]
    public async Task A_run_of_another_stream_fences_nothing_off()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.Store.BeginRunAsync(StoreUnderTest.NewRun(StoreUnderTest.Tenant, StoreUnderTest.Connection, StreamName.Catalog), Token);

        Assert.Equal(1, (await test.CommitAsync(Sales.Make("s1"))).Inserted);
    }

    [Fact]
    public async Task An_unchanged_record_makes_no_change()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.CommitAsync(Sales.Make("s1"), Sales.Make("s2"));

        var again = await test.CommitAsync(Sales.Make("s1"), Sales.Make("s2", net: 2000));

        Assert.Equal(new CommitResult(0, 1, 1, 0, 0, 3), again);
        Assert.Equal([("s1", 1L), ("s2", 1L), ("s2", 2L)], (await test.FeedAsync()).Select(static entry => (entry.Id, entry.Version)));
    }

    [Fact]
    public async Task A_page_without_a_next_leaves_the_checkpoint_as_it_is()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.CommitAsync(Sales.Make("s1"));
        using var page = Pages.Encode(StoreUnderTest.Tenant, StoreUnderTest.Connection, Change.Upsert("s2", Sales.Make("s2")));

        await test.Store.CommitAsync(StoreUnderTest.PageOf(test.Run, page, Sales.Noon, next: null), Token);

        Assert.Equal(new Checkpoint("next"), await test.Store.ReadCheckpointAsync(StoreUnderTest.Scope, Token));
    }

    [Fact]
    public async Task The_last_of_two_changes_of_one_record_in_a_page_wins()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);

        var result = await test.CommitAsync(Sales.Make("s1", net: 1), Sales.Make("s2"), Sales.Make("s1", net: 2));

        Assert.Equal(2, result.Inserted);
        var stored = Assert.Single(await test.FeedAsync(), static entry => entry.Id == "s1");
        Assert.Contains("\"net\":{\"minor\":2,", System.Text.Encoding.UTF8.GetString(stored.Body.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delete_is_an_entry_without_a_body_and_only_the_first_counts()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        await test.CommitAsync(Sales.Make("s1"));

        Assert.Equal(1, (await test.DeleteAsync("s1")).Deleted);
        Assert.Equal(1, (await test.DeleteAsync("s1")).Unchanged);
        Assert.Equal(1, (await test.DeleteAsync("never-seen")).Unchanged);

        var entry = (await test.FeedAsync())[^1];
        Assert.Equal((2L, ChangeKind.Delete, "sale", "own-1", 2L, true), (entry.Sequence, entry.Kind, entry.Type, entry.Location, entry.Version, entry.Body.IsEmpty));
        Assert.Equal(1, (await test.CommitAsync(Sales.Make("s1"))).Inserted);
        Assert.Equal(3, (await test.FeedAsync())[^1].Version);
    }

    [Fact]
    public async Task A_cancelled_commit_that_has_not_begun_writes_nothing()
    {
        await using var test = await StoreUnderTest.CreateAsync(engine);
        using var page = Pages.Encode(StoreUnderTest.Tenant, StoreUnderTest.Connection, Change.Upsert("s1", Sales.Make("s1")));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => test.Store.CommitAsync(StoreUnderTest.PageOf(test.Run, page, Sales.Noon), new CancellationToken(canceled: true)));

        Assert.Empty(await test.FeedAsync());
    }
}

public sealed class SqliteCommitTests() : CommitTests(Engine.Sqlite);

public sealed class PostgresCommitTests() : CommitTests(Engine.Postgres);
