using Npgsql;
using Sous.Plugins.Host.Cluster.Postgres;
using Sous.Plugins.Testing;

namespace Sous.Plugins.Host.Tests.Storage.Postgres;

/// <summary>A database of the test's own on the test process's PostgreSQL; the test is skipped where there is none.</summary>
internal sealed class FreshDatabase : IAsyncDisposable
{
    private static readonly Lazy<Task<string>> s_template = new(MakeTemplateAsync);

    private FreshDatabase(string connectionString) => ConnectionString = connectionString;

    public string ConnectionString { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>One that no host has seen.</summary>
    public static async Task<FreshDatabase> EmptyAsync()
    {
        Assert.SkipUnless(PostgresServer.Missing is null, PostgresServer.Missing ?? "");
        return new FreshDatabase(await (await PostgresServer.SharedAsync()).CreateAsync(null, Token));
    }

    /// <summary>One with the host's tables.</summary>
    public static async Task<FreshDatabase> WithTablesAsync()
    {
        Assert.SkipUnless(PostgresServer.Missing is null, PostgresServer.Missing ?? "");
        return new FreshDatabase(await (await PostgresServer.SharedAsync()).CreateAsync(await s_template.Value, Token));
    }

    /// <summary>Opens it as one more host.</summary>
    public Task<PostgresDatabase> OpenAsync() => OpenAsync(ConnectionString);

    public async Task<object?> ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection($"{ConnectionString};Search Path={Schema.Name};Pooling=False");
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Token);
    }

    /// <summary>Ends the connection by which a host keeps others from it, as an administrator would.</summary>
    public Task EndHoldAsync() => ExecuteAsync($"""
        SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database d ON d.oid = database AND datname = current_database()
        WHERE locktype = 'advisory' AND objid = {(int)AdvisoryLock.Host} AND objsubid = 2 AND granted
        """);

    public async ValueTask DisposeAsync() => await (await PostgresServer.SharedAsync()).DropAsync(ConnectionString, CancellationToken.None);

    private static async Task<PostgresDatabase> OpenAsync(string connectionString)
    {
        var database = await PostgresDatabase.OpenAsync(connectionString, CancellationToken.None);
        try
        {
            await database.MakeTablesAsync(CancellationToken.None);
            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    private static async Task<string> MakeTemplateAsync()
    {
        var connectionString = await (await PostgresServer.SharedAsync()).CreateAsync(null, CancellationToken.None);
        await (await OpenAsync(connectionString)).DisposeAsync();
        return new NpgsqlConnectionStringBuilder(connectionString).Database ?? throw new InvalidOperationException(connectionString);
    }
}
