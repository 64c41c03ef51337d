using System.Globalization;
using Sous.Plugins.Host.Cluster.Postgres;

namespace Sous.Plugins.Host.Tests.Storage.Postgres;

/// <summary>A database of the test's own, and each time that it is opened a host with connections of its own.</summary>
internal sealed class PostgresUnderTest : IDatabaseUnderTest
{
    private readonly FreshDatabase _fresh;
    private readonly List<PostgresDatabase> _opened = [];

    private PostgresUnderTest(FreshDatabase fresh) => _fresh = fresh;

    public string Name => new Npgsql.NpgsqlConnectionStringBuilder(_fresh.ConnectionString).Database!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<PostgresUnderTest> CreateAsync() => new(await FreshDatabase.WithTablesAsync());

    public async Task<StoresUnderTest> OpenAsync()
    {
        var database = await _fresh.OpenAsync();
        _opened.Add(database);
        var outbox = new PostgresOutbox(database);
        var changes = new PostgresChangeStore(database, outbox, TimeProvider.System);
        await changes.OpenAsync(Token);
        return new StoresUnderTest(
            changes,
            new PostgresInbox(database),
            new PostgresClosings(database),
            outbox,
            new PostgresGaps(database),
            new PostgresListings(database),
            new PostgresBackfills(database));
    }

    public async Task RenewEpochAsync(DateTimeOffset now)
    {
        await using var database = await _fresh.OpenAsync();
        await database.WriteAsync(connection => FeedTable.RenewEpochAsync(connection, now), Token);
    }

    public Task BreakAsync(string id) => ExecuteAsync($"ALTER TABLE changes ADD CONSTRAINT broken CHECK (id <> '{id}') NOT VALID");

    public Task MendAsync() => ExecuteAsync("ALTER TABLE changes DROP CONSTRAINT broken");

    public async Task<long> ExecuteAsync(string sql) => Convert.ToInt64(await _fresh.ExecuteAsync(sql), CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        foreach (var database in _opened)
        {
            await database.DisposeAsync();
        }

        await _fresh.DisposeAsync();
    }
}
