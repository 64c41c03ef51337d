using Npgsql;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>What runs have left of each scope.</summary>
internal static class FetchTable
{
    // What a run that has begun since leaves is newer.
    private const string Put = $"""
        WITH owned AS ({ConnectionTable.ShareOwned}),
        newest AS (SELECT f.fence FROM owned, fences f WHERE f.connection = $1 AND f.stream = $3 FOR UPDATE OF f)
        INSERT INTO fetches(connection, stream, place, through, trouble, cause)
        SELECT $1, $3, u.* FROM newest, unnest($5::text[], $6::bigint[], $7::text[], $8::text[]) AS u WHERE fence = $4
        ON CONFLICT (connection, stream, place) DO UPDATE SET through = coalesce(excluded.through, fetches.through), trouble = excluded.trouble, cause = excluded.cause
        """;

    public static NpgsqlBatch AddFetches(this NpgsqlBatch batch, SyncRun run, IReadOnlyList<ScopeFetch> fetches)
    {
        if (fetches.Count == 0)
        {
            return batch;
        }

        // Of two of a scope the later counts.
        var last = fetches.GroupBy(static fetch => fetch.Location ?? "").Select(static of => of.Last() with { Through = of.LastOrDefault(static fetch => fetch.Through is not null)?.Through }).ToList();
        return batch.Add(
            Put,
            run.Connection.Value,
            run.Tenant.Value,
            run.Stream.Value,
            run.Fence,
            last.Select(static fetch => fetch.Location ?? "").ToArray(),
            last.Select(static fetch => fetch.Through?.ToUnixTimeMilliseconds()).ToArray(),
            last.Select(static fetch => fetch.Trouble?.ToString()).ToArray(),
            last.Select(static fetch => fetch.Cause).ToArray());
    }

    public static Task<List<ScopeFetch>> ListAsync(NpgsqlConnection connection, ConnectionId id, StreamName stream, CancellationToken cancellationToken) => connection.ListAsync(
        "SELECT place, through, trouble, cause FROM fetches WHERE connection = $1 AND stream = $2",
        static row => new ScopeFetch(
            row.Place(0), row.InstantOf(1), row.TextOf(2) is { } trouble ? Enum.Parse<Trouble>(trouble) : null, row.TextOf(3)),
        cancellationToken,
        id.Value,
        stream.Value);
}
