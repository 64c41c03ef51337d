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
        return new FreshDatabase(await PostgresServer.CreateAsync(null, Token));
    }

    /// <summary>One with the host's tables.</summary>
    public static async Task<FreshDatabase> WithTablesAsync()
    {
        Assert.SkipUnless(PostgresServer.Missing is null, PostgresServer.Missing ?? "");
        return new FreshDatabase(await PostgresServer.CreateAsync(await s_template.Value, Token));
    }

    /// <summary>Opens it as one more host.</summary>
    public Task<PostgresDatabase> OpenAsync() => PostgresDatabase.OpenAsync(ConnectionString, Token);

    public async Task<object?> ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection($"{ConnectionString};Search Path={Schema.Name};Pooling=False");
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Token);
    }

    public async ValueTask DisposeAsync() => await PostgresServer.DropAsync(ConnectionString, CancellationToken.None);

    private static async Task<string> MakeTemplateAsync()
    {
        var connectionString = await PostgresServer.CreateAsync(null, CancellationToken.None);
        await (await PostgresDatabase.OpenAsync(connectionString, CancellationToken.None)).DisposeAsync();
        return new NpgsqlConnectionStringBuilder(connectionString).Database ?? throw new InvalidOperationException(connectionString);
    }
}
