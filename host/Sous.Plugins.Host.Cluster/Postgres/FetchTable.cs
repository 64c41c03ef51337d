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
            row.GetString(0) is { Length: > 0 } location ? location : null,
            row.IsDBNull(1) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)),
            row.IsDBNull(2) ? null : Enum.Parse<Trouble>(row.GetString(2)),
            row.IsDBNull(3) ? null : row.GetString(3)),
        cancellationToken,
        id.Value,
        stream.Value);
}
