using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Days.Closings;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.Sqlite;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Tests.Changes;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Tests.Storage.Sqlite;

public sealed class SqliteFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sous-file-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Path => System.IO.Path.Combine(_folder, "changes.db");

    [Fact]
    public async Task What_was_acknowledged_is_there_for_the_next_host_though_nothing_was_closed()
    {
        await using var test = await StoreUnderTest.CreateAsync();
        await test.CommitAsync(Sales.Make("s1"), Sales.Make("s2"));

        await test.AbandonAsync();

        Assert.Equal(2, (await test.FeedAsync()).Count);
        Assert.Equal(new Checkpoint("next"), await test.Store.ReadCheckpointAsync(StoreUnderTest.Scope, Token));
        Assert.Equal(new CommitResult(1, 0, 1, 0, 0, 3), await test.CommitAsync(Sales.Make("s2"), Sales.Make("s3")));
        Assert.Equal([1L, 2L, 3L], (await test.FeedAsync()).Select(static entry => entry.Sequence));
    }

    [Fact]
    public async Task A_store_that_was_closed_opens_with_the_same_feed()
    {
        string feed;
        await using (var store = SqliteChangeStore.Open(Path))
        {
            feed = (await store.ReadChangesAsync(new FeedQuery(StoreUnderTest.Tenant, 0, null, null, 1), Token)).Feed;
        }

        await using var again = SqliteChangeStore.Open(Path);
        Assert.Equal(feed, (await again.ReadChangesAsync(new FeedQuery(StoreUnderTest.Tenant, 0, null, null, 1), Token)).Feed);
    }

    [Fact]
    public async Task A_file_from_before_checkpoints_said_who_wrote_them_opens_and_says_so_from_then_on()
    {
        await using var test = await StoreUnderTest.CreateAsync();
        await test.CommitAsync(Sales.Make("s1"));
        await test.CloseAsync();
        await using (var connection = new SqliteConnection($"Data Source={test.Database.Name};Pooling=False"))
        {
            await connection.OpenAsync(Token);
            SqliteFile.Execute(connection, "ALTER TABLE checkpoints DROP COLUMN fence; ALTER TABLE checkpoints DROP COLUMN stored_at;");
        }

        await test.AbandonAsync();

        var sync = new SyncKey(StoreUnderTest.Connection, StreamName.Sales);
        Assert.Equal(new StoredCheckpoint(Sales.Location, new Checkpoint("next"), 0, null), Assert.Single(await test.Store.ListCheckpointsAsync(sync, Token)));
        await test.CommitAsync(Sales.Make("s2"));
        Assert.Equal(new StoredCheckpoint(Sales.Location, new Checkpoint("next"), test.Run.Fence, Sales.Noon), Assert.Single(await test.Store.ListCheckpointsAsync(sync, Token)));
    }

    [Fact]
    public async Task A_file_from_before_days_were_closed_takes_them()
    {
        await using var test = await StoreUnderTest.CreateAsync();
        await test.CloseAsync();
        await test.Database.ExecuteAsync("DROP TABLE closings; DROP TABLE closing_news;");

        await test.AbandonAsync();
        await test.Closings.OpenAsync(StoreUnderTest.Tenant, [(new ClosingKey(StoreUnderTest.Connection, Sales.Location, Sales.Day), Sales.Noon)], Token);
        await test.CommitAsync(Sales.Make("a"));

        Assert.Equal(1, Assert.Single(await test.Closings.ListOpenAsync(StoreUnderTest.Connection, Token)).Changes);
    }

    [Fact]
    public async Task Only_its_owner_may_read_the_file_and_its_log()
    {
        await using var store = SqliteChangeStore.Open(Path);
        await store.BeginRunAsync(StoreUnderTest.NewRun(StoreUnderTest.Tenant, StoreUnderTest.Connection), Token);

        Assert.All(Directory.EnumerateFiles(_folder), static file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Theory]
    [InlineData("text")]
    [InlineData("header")]
    [InlineData("page")]
    [InlineData("cut")]
    public async Task A_damaged_file_is_refused_in_one_sentence_and_left_as_it_is(string damage)
    {
        await WriteSomeAsync();
        var bytes = await File.ReadAllBytesAsync(Path, Token);
        var damaged = damage switch
        {
            "text" => "This is no database, whatever its name says."u8.ToArray(),
            "header" => [.. new byte[100], .. bytes[100..]],
            "page" => [.. bytes[..^8192], .. RandomNumberGenerator.GetBytes(8192)],
            _ => bytes[..^8192],
        };
        await File.WriteAllBytesAsync(Path, damaged, Token);

        var refusal = Assert.Throws<StorageException>(() => SqliteChangeStore.Open(Path));

        Assert.StartsWith($"The change store {Path} is damaged (", refusal.Message, StringComparison.Ordinal);
        Assert.EndsWith("; nothing in it was changed.", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
        Assert.Equal(damaged, await File.ReadAllBytesAsync(Path, Token));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_damaged_file_keeps_the_log_beside_it_too(bool empty)
    {
        await WriteSomeAsync();
        await using var store = SqliteChangeStore.Open(Path);
        await store.BeginRunAsync(StoreUnderTest.NewRun(StoreUnderTest.Tenant, StoreUnderTest.Connection), Token);
        var copy = System.IO.Path.Combine(_folder, "copy.db");
        await File.WriteAllBytesAsync(copy, empty ? [] : new byte[new FileInfo(Path).Length], Token);
        File.Copy(Path + "-wal", copy + "-wal");
        var log = await File.ReadAllBytesAsync(copy + "-wal", Token);

        Assert.Throws<StorageException>(() => SqliteChangeStore.Open(copy));

        Assert.NotEmpty(log);
        Assert.Equal(log, await File.ReadAllBytesAsync(copy + "-wal", Token));
    }

    [Fact]
    public async Task A_database_of_something_else_is_refused()
    {
        await ExecuteAsync("CREATE TABLE notes(text)");

        Assert.Contains("of something else", Assert.Throws<StorageException>(() => SqliteChangeStore.Open(Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_a_later_host_is_refused()
    {
        await WriteSomeAsync();
        await ExecuteAsync("PRAGMA user_version = 99");

        Assert.Contains("has version 99", Assert.Throws<StorageException>(() => SqliteChangeStore.Open(Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_a_killed_host_left_without_tables_is_taken_up()
    {
        await ExecuteAsync("PRAGMA journal_mode = WAL");

        await using var store = SqliteChangeStore.Open(Path);

        Assert.Equal(1, (await store.BeginRunAsync(StoreUnderTest.NewRun(StoreUnderTest.Tenant, StoreUnderTest.Connection), Token)).Fence);
    }

    [Fact]
    public async Task The_file_stops_growing_once_as_much_is_dropped_as_is_written()
    {
        await using var test = await StoreUnderTest.CreateAsync();
        var sizes = new List<long>();
        for (var day = 0; day < 60; day++)
        {
            await test.CommitAsync(Sales.Noon.AddDays(day), [.. Enumerable.Range(0, 100).Select(i => Change.Upsert($"s{i}", Sales.Make($"s{i}", net: day + 1)))]);
            await test.Store.CompactAsync(Sales.Noon.AddDays(day - 10), Token);
            sizes.Add(await test.Database.ExecuteAsync("PRAGMA page_count"));
        }

        Assert.InRange(sizes[^1], 1, sizes[20] * 11 / 10);
    }

    [Fact]
    public async Task One_file_brought_back_twice_tells_a_reader_of_the_first_time_to_start_over_the_second_time()
    {
        await using var test = await StoreUnderTest.CreateAsync();
        await test.CommitAsync(Sales.Make("s1"), Sales.Make("s2"));
        using var backup = new TemporaryFolder();
        await test.CloseAsync();
        File.Copy(test.Database.Name, backup.File("changes.db"));

        await test.RenewEpochAsync(Sales.Noon);
        test.Run = await test.Store.BeginRunAsync(StoreUnderTest.NewRun(StoreUnderTest.Tenant, StoreUnderTest.Connection), Token);
        await test.CommitAsync(Sales.Make("s3"), Sales.Make("s4"));
        var end = (await test.Store.ReadChangesAsync(new FeedQuery(StoreUnderTest.Tenant, 0, null, null, 10), Token)).Next;

        await test.CloseAsync();
        File.Copy(backup.File("changes.db"), test.Database.Name, overwrite: true);
        await test.RenewEpochAsync(Sales.Noon.AddMinutes(1));

        foreach (var after in (long[])[end - 3, end - 1, end])
        {
            await Assert.ThrowsAsync<FeedResetException>(() => test.Store.ReadChangesAsync(new FeedQuery(StoreUnderTest.Tenant, after, null, null, 10), Token).AsTask());
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task WriteSomeAsync()
    {
        await using var test = await StoreUnderTest.CreateAsync();
        await test.CommitAsync([.. Enumerable.Range(0, 200).Select(static i => Sales.Make($"s{i}"))]);
        await test.Store.DisposeAsync();
        File.Copy(test.Database.Name, Path);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={Path};Pooling=False");
        await connection.OpenAsync(Token);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Token);
    }
}
