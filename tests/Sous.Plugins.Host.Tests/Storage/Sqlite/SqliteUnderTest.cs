using System.Globalization;
using Microsoft.Data.Sqlite;
using Sous.Plugins.Host.Storage.Sqlite;

namespace Sous.Plugins.Host.Tests.Storage.Sqlite;

/// <summary>A file in a folder of its own.</summary>
internal sealed class SqliteUnderTest : IDatabaseUnderTest
{
    private readonly TemporaryFolder _folder = new();

    public string Name => _folder.File("changes.db");

    public Task<StoresUnderTest> OpenAsync()
    {
        var store = SqliteChangeStore.Open(Name);
        return Task.FromResult(new StoresUnderTest(store, store.Inbox, store.Closings, store.Outbox, store.Gaps, store.Listings, store.Backfills));
    }

    public Task RenewEpochAsync(DateTimeOffset now)
    {
        EpochTable.Renew(Name, now);
        return Task.CompletedTask;
    }

    public Task BreakAsync(string id) => ExecuteAsync($"CREATE TRIGGER broken BEFORE INSERT ON changes WHEN NEW.id = '{id}' BEGIN SELECT RAISE(ABORT, 'no room'); END");

    public Task MendAsync() => ExecuteAsync("DROP TRIGGER broken");

    public async Task<long> ExecuteAsync(string sql)
    {
        await using var connection = new SqliteConnection($"Data Source={Name};Pooling=False");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The statement is the tests' own.
        command.CommandText = sql;
#pragma warning restore CA2100
        return Convert.ToInt64(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken), CultureInfo.InvariantCulture);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
