using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Tests.Storage;

/// <summary>The registry's contract, whatever keeps it.</summary>
public abstract class RegistryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_acknowledged_is_there_after_closing_and_opening()
    {
        await using (var registry = await OpenAsync())
        {
            await registry.WriteAsync(t => t.Put(Note.Collection, new Note("b", "two")), Token);
            await registry.WriteAsync(t => t.Put(Note.Collection, new Note("a", "one", 7)), Token);
            Assert.True(await registry.WriteAsync(t => t.Delete(Note.Collection, "b"), Token));
        }

        await using var again = await OpenAsync();
        Assert.Equal([new Note("a", "one", 7)], await again.ListAsync(Note.Collection, "", Token));
        Assert.Null(await again.FindAsync(Note.Collection, "b", Token));
    }

    [Fact]
    public async Task Writes_that_wait_together_share_a_commit()
    {
        await using var registry = await OpenAsync();
        using var gate = new ManualResetEventSlim();
        var first = registry.WriteAsync(t => gate.Wait(Token), Token);
        var rest = Enumerable.Range(0, 100)
            .Select(i => registry.WriteAsync(t => t.Put(Note.Collection, new Note($"n{i}", "x")), Token)).ToArray();

        gate.Set();
        await first;
        await Task.WhenAll(rest);

        Assert.InRange(await CountCommitsAsync(registry), 1, 2);
        Assert.Equal(100, (await registry.ListAsync(Note.Collection, "", Token)).Count);
    }

    [Fact]
    public async Task A_write_that_throws_fails_alone_and_leaves_nothing()
    {
        await using var registry = await OpenAsync();
        using var gate = new ManualResetEventSlim();
        var first = registry.WriteAsync(t => gate.Wait(Token), Token);
        var before = registry.WriteAsync(t => t.Put(Note.Collection, new Note("a", "kept")), Token);
        var failing = registry.WriteAsync(
            t =>
            {
                Assert.Equal("kept", t.Find(Note.Collection, "a")?.Text);
                t.Put(Note.Collection, new Note("a", "lost"));
                t.Put(Note.Collection, new Note("b", "lost"));
                throw new InvalidOperationException("no");
            },
            Token);
        var tooLong = registry.WriteAsync(t => t.Put(Note.Collection, new Note(new string('k', 1_001), "x")), Token);
        var after = registry.WriteAsync(t => t.Put(Note.Collection, new Note("c", t.Find(Note.Collection, "a")?.Text ?? "")), Token);

        gate.Set();
        await Task.WhenAll(first, before, after);
        await Assert.ThrowsAsync<InvalidOperationException>(() => failing);
        await Assert.ThrowsAsync<ArgumentException>(() => tooLong);

        Assert.Equal(
            [new Note("a", "kept"), new Note("c", "kept")],
            await registry.ListAsync(Note.Collection, "", Token));
    }

    [Fact]
    public async Task A_thousand_writes_at_once_are_all_kept_and_run_one_after_the_other()
    {
        var order = new List<int>();
        await using (var registry = await OpenAsync())
        {
            await Task.WhenAll(Enumerable.Range(0, 1_000).Select(i => registry.WriteAsync(
                t =>
                {
                    order.Add(i);
                    var count = t.Find(Note.Collection, "counter")?.Count ?? 0;
                    t.Put(Note.Collection, new Note("counter", "", count + 1));
                    t.Put(Note.Log, new Note($"entry/{count:0000}", $"{i}"));
                },
                Token)));
            Assert.InRange(await CountCommitsAsync(registry), 1, 100);
        }

        await using var again = await OpenAsync();
        Assert.Equal(1_000, (await again.FindAsync(Note.Collection, "counter", Token))?.Count);
        Assert.Equal(Enumerable.Range(0, 1_000), order);
        var log = await again.ListAsync(Note.Log, "entry/", Token);
        Assert.Equal(order.Select(i => $"{i}"), log.Select(n => n.Text));
        Assert.Equal(100, (await again.ListAsync(Note.Log, "entry/09", Token)).Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_transaction_sees_its_own_changes_in_ordinal_key_order(bool cached)
    {
        var collection = cached ? Note.Collection : Note.Log;
        await using var registry = await OpenAsync();
        await registry.WriteAsync(t => { t.Put(collection, new Note("t/b", "1")); t.Put(collection, new Note("t/c", "1")); }, Token);

        var seen = await registry.WriteAsync(
            t =>
            {
                t.Put(collection, new Note("t/B", "2"));
                t.Put(collection, new Note("t/c", "2"));
                t.Put(collection, new Note("u", "2"));
                Assert.True(t.Delete(collection, "t/b"));
                Assert.False(t.Delete(collection, "t/b"));
                Assert.Null(t.Find(collection, "t/b"));
                t.Put(collection, new Note("t/a", "2"));
                return t.List(collection, "t/");
            },
            Token);

        Assert.Equal([new Note("t/B", "2"), new Note("t/a", "2"), new Note("t/c", "2")], seen);
        Assert.Equal(seen, await registry.ListAsync(collection, "t/", Token));
        Assert.Equal("u", (await registry.FindAsync(collection, "u", Token))?.Id);
    }

    [Fact]
    public async Task Keys_that_differ_in_case_alone_are_two_documents_also_on_disk()
    {
        await using (var registry = await OpenAsync())
        {
            await registry.WriteAsync(t => { t.Put(Note.Collection, new Note("Ab", "1")); t.Put(Note.Collection, new Note("ab", "2")); }, Token);
        }

        await using var again = await OpenAsync();
        Assert.Equal(2, (await again.ListAsync(Note.Collection, "", Token)).Count);
    }

    [Fact]
    public async Task A_cancelled_write_that_has_not_begun_changes_nothing()
    {
        await using var registry = await OpenAsync();
        using var gate = new ManualResetEventSlim();
        using var cancel = new CancellationTokenSource();
        var first = registry.WriteAsync(t => gate.Wait(Token), Token);
        var cancelled = registry.WriteAsync(t => t.Put(Note.Collection, new Note("a", "x")), cancel.Token);

        await cancel.CancelAsync();
        gate.Set();
        await first;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Empty(await registry.ListAsync(Note.Collection, "", Token));
    }

    [Fact]
    public async Task A_write_that_calls_the_registry_is_refused_and_does_not_hang()
    {
        await using var registry = await OpenAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => registry.WriteAsync(
            _ => registry.WriteAsync(t => t.Put(Note.Collection, new Note("a", "x")), Token).GetAwaiter().GetResult(), Token));
    }

    [Fact]
    public async Task Nothing_is_written_after_closing()
    {
        var registry = await OpenAsync();
        await registry.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => registry.WriteAsync(t => t.Put(Note.Collection, new Note("a", "x")), Token));
    }

    /// <summary>The same registry each time.</summary>
    private protected abstract Task<IRegistry> OpenAsync();

    /// <summary>How many commits the documents there are from.</summary>
    private protected abstract Task<long> CountCommitsAsync(IRegistry registry);
}
