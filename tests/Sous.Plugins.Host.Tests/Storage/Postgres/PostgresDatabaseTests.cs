using System.Globalization;
using Npgsql;
using Sous.Plugins.Host.Cluster.Postgres;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Tests.Storage.Postgres;

public sealed class PostgresDatabaseTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Hosts_that_begin_at_once_make_the_tables_once()
    {
        await using var fresh = await FreshDatabase.EmptyAsync();

        var hosts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => fresh.OpenAsync()));

        Assert.Equal($"{Schema.Version}", await fresh.ExecuteAsync("SELECT value FROM meta WHERE name = 'version'"));
        Assert.Equal(0L, await fresh.ExecuteAsync("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"));
        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }
    }

    [Fact]
    public async Task Tables_of_a_later_host_are_refused()
    {
        await using var fresh = await FreshDatabase.WithTablesAsync();
        await fresh.ExecuteAsync("UPDATE meta SET value = '99' WHERE name = 'version'");

        var refusal = await Assert.ThrowsAsync<StorageException>(fresh.OpenAsync);

        Assert.Contains("have version 99", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_acknowledges_before_it_has_written_is_refused()
    {
        await using var fresh = await FreshDatabase.EmptyAsync();
        await fresh.ExecuteAsync($"ALTER DATABASE {new NpgsqlConnectionStringBuilder(fresh.ConnectionString).Database} SET synchronous_commit = off");

        var refusal = await Assert.ThrowsAsync<StorageException>(fresh.OpenAsync);

        Assert.Contains("synchronous_commit off", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Username=kitchen;Database=orders;Password=canary", "The database orders on 127.0.0.1:1 could not be used: ")]
    [InlineData("Host=nowhere.invalid;Username=kitchen;Database=orders;Password=canary", "The database orders on nowhere.invalid:5432 could not be used: ")]
    [InlineData("Host=127.0.0.1;Password=;canary;x=1", "The connection string of the database cannot be read; ")]
    [InlineData("Host=127.0.0.1;Port=canary", "The connection string of the database cannot be read; ")]
    [InlineData("Database=orders;Password=canary", "The connection string of the database cannot be read; ")]
    [InlineData("Host=127.0.0.1;Minimum Pool Size=9;Maximum Pool Size=1;Password=canary", "The connection string of the database cannot be read; ")]
    public async Task What_is_out_of_reach_is_named_without_its_password(string connectionString, string sentence)
    {
        var refusal = await Assert.ThrowsAsync<StorageException>(() => PostgresDatabase.OpenAsync(connectionString, Token));

        Assert.StartsWith(sentence, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writes_that_lock_each_other_out_are_both_carried_out()
    {
        await using var fresh = await FreshDatabase.WithTablesAsync();
        await fresh.ExecuteAsync("INSERT INTO meta VALUES ('a', '0'), ('b', '0')");
        await using var database = await fresh.OpenAsync();
        using var both = new CountdownEvent(2);
        var tries = 0;

        await Task.WhenAll(WriteAsync("a", "b"), WriteAsync("b", "a"));

        // Whoever is undone may meet the other again before that one is awake.
        Assert.InRange(tries, 3, 10);
        Assert.Equal("2 2", await fresh.ExecuteAsync("SELECT string_agg(value, ' ') FROM meta WHERE name IN ('a', 'b')"));

        Task WriteAsync(string first, string second) => database.WriteAsync(
            async connection =>
            {
                var meet = Interlocked.Increment(ref tries) <= 2;
                await IncrementAsync(connection, first);
                if (meet)
                {
                    both.Signal();
                    await Task.Run(() => both.Wait(Token), Token);
                }

                return await IncrementAsync(connection, second);
            },
            Token);
    }

    [Fact]
    public async Task A_write_that_throws_leaves_nothing_and_one_that_is_cancelled_too_early_does_not_begin()
    {
        await using var fresh = await FreshDatabase.WithTablesAsync();
        await fresh.ExecuteAsync("INSERT INTO meta VALUES ('a', '0')");
        await using var database = await fresh.OpenAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(() => database.WriteAsync<int>(
            async connection =>
            {
                await IncrementAsync(connection, "a");
                throw new InvalidOperationException("no");
            },
            Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => database.WriteAsync(connection => IncrementAsync(connection, "a"), new CancellationToken(canceled: true)));

        Assert.Equal("0", await fresh.ExecuteAsync("SELECT value FROM meta WHERE name = 'a'"));
    }

    [Fact]
    public async Task The_statements_of_a_snapshot_see_one_moment()
    {
        await using var fresh = await FreshDatabase.WithTablesAsync();
        await using var database = await fresh.OpenAsync();

        var counts = await database.ReadSnapshotAsync(
            async connection =>
            {
                var before = await CountAsync(connection);
                await fresh.ExecuteAsync("INSERT INTO meta VALUES ('a', '0')");
                return (before, await CountAsync(connection));
            },
            Token);

        Assert.Equal((1L, 1L), counts);
        Assert.Equal(2L, await database.ReadAsync(CountAsync, Token));
    }

    [Fact]
    public async Task Who_takes_his_time_over_what_is_streamed_is_not_cut_off_and_a_host_that_sleeps_in_a_write_is()
    {
        await using var fresh = await FreshDatabase.WithTablesAsync();
        await using var database = await fresh.OpenAsync();

        var streamed = await database.StreamSnapshotAsync(ListAsync, Token).SingleAsync(Token);
        var written = await database.WriteAsync(connection => ListAsync(connection).SingleAsync(Token).AsTask(), Token);

        Assert.Equal(("0", "5s"), (streamed, written));

        static async IAsyncEnumerable<string?> ListAsync(NpgsqlConnection connection)
        {
            yield return await connection.FindAsync<string>("SHOW idle_in_transaction_session_timeout", Token);
        }
    }

    [Fact]
    public async Task A_host_whose_hold_on_the_database_is_ended_learns_why_and_one_that_closes_it_has_lost_nothing()
    {
        await using var fresh = await FreshDatabase.WithTablesAsync();
        await using var database = await fresh.OpenAsync();
        var closed = await fresh.OpenAsync();

        var lost = await closed.Hold.TakeAsync(Token);
        await closed.DisposeAsync();
        Assert.Null(await lost);

        lost = await database.Hold.TakeAsync(Token);
        await fresh.EndHoldAsync();
        Assert.Contains("terminating connection", await lost.WaitAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_has_lost_the_database_to_another_commits_nothing_of_what_it_had_begun_and_nothing_new()
    {
        await using var fresh = await FreshDatabase.WithTablesAsync();
        await using var former = await fresh.OpenAsync();
        await using var next = await fresh.OpenAsync();
        var lost = await former.Hold.TakeAsync(Token);
        await InsertAsync("before");
        var (begun, woken) = (new TaskCompletionSource(), new TaskCompletionSource());
        var amid = former.WriteAsync(
            async connection =>
            {
                await connection.ExecuteAsync("INSERT INTO meta VALUES ('amid', '')");
                begun.TrySetResult();
                await woken.Task;
                return await connection.ExecuteAsync("UPDATE meta SET value = 'done' WHERE name = 'amid'");
            },
            Token);
        await begun.Task;

        await fresh.EndHoldAsync();
        await next.Hold.TakeAsync(Token);
        woken.SetResult();

        Assert.NotNull(await lost);
        Assert.Contains("no more", (await Assert.ThrowsAsync<StorageException>(() => amid)).Message, StringComparison.Ordinal);
        Assert.Contains("no more", (await Assert.ThrowsAsync<StorageException>(() => InsertAsync("after"))).Message, StringComparison.Ordinal);
        Assert.Equal("before", await fresh.ExecuteAsync("SELECT string_agg(name, ' ') FROM meta WHERE name IN ('before', 'amid', 'after')"));
        await next.WriteAsync(static connection => connection.ExecuteAsync("INSERT INTO meta VALUES ('next', '')"), Token);

        Task InsertAsync(string name) => former.WriteAsync(connection => connection.ExecuteAsync("INSERT INTO meta VALUES ($1, '')", name), Token);
    }

    private static async Task<int> IncrementAsync(NpgsqlConnection connection, string name)
    {
        await using var command = new NpgsqlCommand("UPDATE meta SET value = (value::int + 1)::text WHERE name = $1 RETURNING value", connection) { Parameters = { new() { Value = name } } };
        return int.Parse((string)(await command.ExecuteScalarAsync(Token))!, CultureInfo.InvariantCulture);
    }

    private static async Task<long> CountAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand("SELECT count(*) FROM meta", connection);
        return (long)(await command.ExecuteScalarAsync(Token))!;
    }
}
