using Npgsql;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>What runs have left of each scope.</summary>
internal static class FetchTable
{
    private const string Put = """
        INSERT INTO fetches(connection, stream, place, through, trouble, cause) VALUES ($1, $2, $3, $4::bigint, $5::text, $6::text)
        ON CONFLICT (connection, stream, place) DO UPDATE SET through = coalesce(excluded.through, fetches.through), trouble = excluded.trouble, cause = excluded.cause
        """;

    public static async Task WriteAsync(NpgsqlConnection connection, SyncRun run, IReadOnlyList<ScopeFetch> fetches)
    {
        if (fetches.Count == 0
            || !await ConnectionTable.ShareAsync(connection, run.Connection, run.Tenant)
            || await FenceTable.LockAsync(connection, run.Connection, run.Stream) != run.Fence)
        {
            // What the run that has begun since leaves is newer.
            return;
        }

        await using var batch = new NpgsqlBatch(connection);
        foreach (var fetch in fetches)
        {
            batch.Add(Put, run.Connection.Value, run.Stream.Value, fetch.Location ?? "", fetch.Through?.ToUnixTimeMilliseconds(), fetch.Trouble?.ToString(), fetch.Cause);
        }

        await batch.ExecuteNonQueryAsync();
    }

    public static Task<List<ScopeFetch>> ListAsync(NpgsqlConnection connection, ConnectionId id, StreamName stream, CancellationToken cancellationToken) => connection.ListAsync(
        "SELECT place, through, trouble, cause FROM fetches WHERE connection = $1 AND stream = $2",
        static row => new ScopeFetch(
            row.Place(0), row.InstantOf(1), row.TextOf(2) is { } trouble ? Enum.Parse<Trouble>(trouble) : null, row.TextOf(3)),
        cancellationToken,
        id.Value,
        stream.Value);
}
