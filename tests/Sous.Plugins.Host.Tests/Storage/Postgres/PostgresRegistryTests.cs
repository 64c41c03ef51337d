using Sous.Plugins.Host.Cluster.Postgres;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Tests.Storage.Postgres;

public sealed class PostgresRegistryTests : RegistryTests, IAsyncLifetime
{
    private FreshDatabase _fresh = null!;
    private PostgresDatabase _database = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _fresh = await FreshDatabase.WithTablesAsync();
        _database = await _fresh.OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync();
        await _fresh.DisposeAsync();
    }

    [Fact]
    public async Task Works_of_several_hosts_run_one_after_another_and_each_sees_the_others()
    {
        await using var others = await _fresh.OpenAsync();
        await using var one = new PostgresRegistry(_database);
        await using var other = new PostgresRegistry(others);

        await Task.WhenAll(Enumerable.Range(0, 400).Select(i => (i % 2 == 0 ? one : other).WriteAsync(
            t =>
            {
                var count = t.Find(Note.Collection, "counter")?.Count ?? 0;
                t.Put(Note.Collection, new Note("counter", "", count + 1));
                t.Put(Note.Log, new Note($"entry/{count:000}", $"{i}"));
            },
            Token)));

        Assert.Equal(400, (await one.FindAsync(Note.Collection, "counter", Token))?.Count);
        Assert.Equal(Enumerable.Range(0, 400).Select(static i => $"{i}").Order(), (await other.ListAsync(Note.Log, "entry/", Token)).Select(static note => note.Text).Order());
    }

    [Fact]
    public async Task What_one_host_acknowledged_another_reads_at_once()
    {
        await using var others = await _fresh.OpenAsync();
        await using var one = new PostgresRegistry(_database);
        await using var other = new PostgresRegistry(others);

        for (var i = 0; i < 20; i++)
        {
            await one.WriteAsync(t => t.Put(Note.Collection, new Note("a", "x", i)), Token);
            Assert.Equal(i, (await other.FindAsync(Note.Collection, "a", Token))?.Count);
        }
    }

    [Fact]
    public async Task Connections_that_are_ended_amid_a_write_or_while_they_lie_idle_are_noticed_by_nobody()
    {
        const string End = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
        await using var registry = new PostgresRegistry(_database);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => registry.FindAsync(Note.Collection, "a", Token).AsTask()));
        await _fresh.ExecuteAsync(End);
        Assert.Null(await registry.FindAsync(Note.Collection, "a", Token));
        var runs = 0;

        await registry.WriteAsync(
            t =>
            {
                t.Put(Note.Collection, new Note("a", "", (t.Find(Note.Collection, "a")?.Count ?? 0) + 1));
                if (++runs == 1)
                {
                    _fresh.ExecuteAsync(End).GetAwaiter().GetResult();
                }
            },
            Token);

        Assert.Equal(2, runs);
        Assert.Equal(1, (await registry.FindAsync(Note.Collection, "a", Token))?.Count);
    }

    [Fact]
    public async Task A_host_that_is_stopped_amid_a_write_does_not_keep_the_others_from_theirs_and_its_own_is_not_lost()
    {
        await using var impatient = await PostgresDatabase.OpenAsync($"{_fresh.ConnectionString};Options=-c idle_in_transaction_session_timeout=200ms", Token);
        await using var stopped = new PostgresRegistry(impatient);
        await using var other = new PostgresRegistry(_database);
        using var waking = new ManualResetEventSlim();
        using var working = new ManualResetEventSlim();
        var late = stopped.WriteAsync(
            t =>
            {
                working.Set();
                waking.Wait(Token);
                t.Put(Note.Collection, new Note("a", "late", (t.Find(Note.Collection, "a")?.Count ?? 0) + 1));
            },
            Token);
        await Task.Run(() => working.Wait(Token), Token);

        await other.WriteAsync(t => t.Put(Note.Collection, new Note("a", "other", 1)), Token);
        waking.Set();
        await late;

        Assert.Equal(new Note("a", "late", 2), await other.FindAsync(Note.Collection, "a", Token));
    }

    [Fact]
    public async Task A_key_that_has_no_utf8_fails_its_own_write_alone()
    {
        await using var registry = new PostgresRegistry(_database);

        await Assert.ThrowsAsync<ArgumentException>(() => registry.WriteAsync(t => t.Put(Note.Collection, new Note("a\0", "x")), Token));
        await Assert.ThrowsAsync<ArgumentException>(() => registry.WriteAsync(t => t.Put(Note.Collection, new Note("a\uD800", "x")), Token));
        await registry.WriteAsync(t => t.Put(Note.Collection, new Note("%_\\ä😀", "\0\uD800 is escaped")), Token);

        Assert.Equal("%_\\ä😀", Assert.Single(await registry.ListAsync(Note.Collection, "%_\\", Token)).Id);
    }

    [Fact]
    public async Task Compacting_leaves_the_documents_and_nothing_of_those_that_were_deleted()
    {
        await using var registry = new PostgresRegistry(_database);
        await registry.WriteAsync(t => Enumerable.Range(0, 200).ToList().ForEach(i => t.Put(Note.Collection, new Note($"n{i}", new string('x', 1_000)))), Token);
        await registry.WriteAsync(t => t.List(Note.Collection, "n").Skip(1).ToList().ForEach(note => t.Delete(Note.Collection, note.Id)), Token);
        var before = await SizeAsync();

        await registry.CompactAsync(Token);

        Assert.Equal(["n0"], (await registry.ListAsync(Note.Collection, "", Token)).Select(static note => note.Id));
        Assert.Equal(8_192, await SizeAsync());
        Assert.InRange(before, 8_193, long.MaxValue);

        async Task<long> SizeAsync() => (long)(await _fresh.ExecuteAsync("SELECT pg_relation_size('documents')"))!;
    }

    private protected override Task<IRegistry> OpenAsync() => Task.FromResult<IRegistry>(new PostgresRegistry(_database));

    private protected override async Task<long> CountCommitsAsync(IRegistry registry) => (long)(await _fresh.ExecuteAsync("SELECT count(DISTINCT xmin::text) FROM documents"))!;
}
