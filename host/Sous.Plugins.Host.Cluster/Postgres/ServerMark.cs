using Npgsql;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>
/// By which a host sees that the database is a copy: it keeps which database of which server it is, and which table there, and in a copy that is another.
/// A server that follows another and takes its place is the same; so is one that was copied byte by byte, or set back, of which an operator tells.
/// </summary>
internal static class ServerMark
{
    private const string Name = "server";

    private const string SetBack = "set back";

    private const string Own = "SELECT (SELECT system_identifier FROM pg_control_system()) || '/' || oid || '/' || to_regclass('meta')::oid FROM pg_database WHERE datname = current_database()";

    // The last that is known to have happened before the copy was made.
    private const string LastRun = "SELECT coalesce(max(greatest(started_at, ended_at)), 0) FROM runs";

    /// <summary>Called by the host that works, before it reads anything: a copy begins another life of its feeds, and waits until it is adopted.</summary>
    public static Task RecogniseAsync(PostgresDatabase database, TimeProvider clock, CancellationToken cancellationToken) => database.WriteAsync(
        async connection =>
        {
            // Where that is not for everybody to see, nobody is told apart.
            var own = await connection.FindAsync<bool>("SELECT has_function_privilege('pg_control_system()', 'EXECUTE')", CancellationToken.None)
                ? await connection.FindAsync<string>(Own, CancellationToken.None) : null;
            var before = await connection.FindAsync<string>("SELECT value FROM meta WHERE name = $1", CancellationToken.None, Name);
            if (before is not null && before != own && (own is not null || before == SetBack))
            {
                await BecomeCopyAsync(connection, clock.GetUtcNow());
            }

            return await (own is not null ? PutAsync(connection, own) : connection.ExecuteAsync("DELETE FROM meta WHERE name = $1 AND value = $2", Name, SetBack));
        },
        cancellationToken);

    /// <summary>Has the next host that works there take it for a copy.</summary>
    public static Task SetBackAsync(PostgresDatabase database, CancellationToken cancellationToken)
        => database.WriteAsync(static connection => PutAsync(connection, SetBack), cancellationToken);

    private static Task<int> PutAsync(NpgsqlConnection connection, string value) => connection.ExecuteAsync(
        "INSERT INTO meta(name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", Name, value);

    private static async Task BecomeCopyAsync(NpgsqlConnection connection, DateTimeOffset now)
    {
        var moved = await FeedTable.RenewEpochAsync(connection, now);
        var lastRun = DateTimeOffset.FromUnixTimeMilliseconds(await connection.FindAsync<long>(LastRun, CancellationToken.None));
        await connection.ExecuteAsync("DELETE FROM documents WHERE collection = $1", PlatformEvent.Collection.Name);
        var documents = new DocumentGroup(connection);
        var transaction = new PostgresTransaction(documents);
        RestoredCopy.Begin(transaction, moved, lastRun, now);
        documents.Accept(transaction.Changes);
        await documents.SaveAsync();
    }
}
