using Npgsql;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Listings;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>Reads runs.</summary>
internal static class RunReader
{
    private const string Columns = """
        k.tenant, r.connection, r.stream, r.id, r.started_by, r.fence, r.first_day, r.last_day, r.outcome, r.reason, r.started_at, r.ended_at,
        r.pages, r.inserted, r.updated, r.unchanged, r.deleted, r.held
        """;

    private const string Runs = $"SELECT {Columns} FROM runs r JOIN connections k ON k.id = r.connection";

    private const string Whole = $"first_day IS NULL AND started_by NOT IN ('{RunTrigger.Webhook}', '{RunTrigger.Day}')";

    private static readonly string s_fetch = $"{Whole} AND outcome = '{SyncOutcome.Completed}'";

    // What readers of the newest ask for stays, and what an operator is asked about.
    private static readonly string s_past = $"""
        SELECT no FROM (
            SELECT no, id, ended_at, outcome = '{SyncOutcome.Completed}' AND inserted + updated + deleted + held = 0 AS idle,
                row_number() OVER (PARTITION BY stream ORDER BY no DESC) AS place,
                max(no) FILTER (WHERE {Whole}) OVER (PARTITION BY stream) AS last_whole, max(no) FILTER (WHERE {s_fetch}) OVER (PARTITION BY stream) AS last_fetch
            FROM runs WHERE connection = $1) r
        WHERE place > 100 AND ended_at < CASE WHEN idle THEN $3 ELSE $2 END AND no IS DISTINCT FROM last_whole AND no IS DISTINCT FROM last_fetch
            AND NOT EXISTS (SELECT FROM listings l WHERE l.connection = $1 AND l.run = r.id AND l.state = {(int)ListingState.Held})
            AND NOT EXISTS (SELECT FROM gaps g WHERE g.connection = $1 AND g.run = r.id)
        """;

    public static Task<SyncRun?> FindAsync(NpgsqlConnection connection, string id, CancellationToken cancellationToken) =>
        connection.FindAsync($"{Runs} WHERE r.id = $1", Read, cancellationToken, id);

    public static Task<List<SyncRun>> ListOpenAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.ListAsync($"{Runs} WHERE r.ended_at IS NULL ORDER BY r.no", Read, cancellationToken);

    /// <summary>Newest first.</summary>
    /// <param name="after">Only older ones than this run; null for all.</param>
    public static Task<List<SyncRun>> ListAsync(
        NpgsqlConnection connection, ConnectionId id, StreamName? stream, string? after, int limit, CancellationToken cancellationToken) => connection.ListAsync(
        $"""
        {Runs} WHERE r.connection = $1 AND ($2::text IS NULL OR r.stream = $2) AND ($3::text IS NULL OR r.no < (SELECT no FROM runs WHERE id = $3))
        ORDER BY r.no DESC LIMIT $4
        """,
        Read, cancellationToken, id.Value, stream?.Value, after, limit);

    public static async Task<Dictionary<SyncKey, SyncRun>> FindLastWholeAsync(NpgsqlConnection connection, IReadOnlyCollection<SyncKey> syncs, CancellationToken cancellationToken) =>
        (await FindNewestAsync(connection, syncs, Whole, cancellationToken)).ToDictionary(static run => new SyncKey(run.Connection, run.Stream));

    public static async Task<SyncRun?> FindLastFetchAsync(NpgsqlConnection connection, SyncKey sync, CancellationToken cancellationToken) =>
        (await FindNewestAsync(connection, [sync], s_fetch, cancellationToken)).SingleOrDefault();

    /// <returns>The numbers of those that are kept no longer.</returns>
    public static Task<List<long>> ListPastAsync(NpgsqlConnection connection, ConnectionId id, DateTimeOffset before, DateTimeOffset idleBefore, CancellationToken cancellationToken) =>
        connection.ListAsync(s_past, static row => row.GetInt64(0), cancellationToken, id.Value, before.ToUnixTimeMilliseconds(), idleBefore.ToUnixTimeMilliseconds());

    private static Task<List<SyncRun>> FindNewestAsync(NpgsqlConnection connection, IReadOnlyCollection<SyncKey> syncs, string condition, CancellationToken cancellationToken) => connection.ListAsync(
        $"""
        SELECT {Columns} FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS u(connection, stream)) s
        CROSS JOIN LATERAL (SELECT * FROM runs WHERE connection = s.connection AND stream = s.stream AND {condition} ORDER BY no DESC LIMIT 1) r
        JOIN connections k ON k.id = r.connection
        """,
        Read, cancellationToken, syncs.Select(static sync => sync.Connection.Value).ToArray(), syncs.Select(static sync => sync.Stream.Value).ToArray());

    private static SyncRun Read(NpgsqlDataReader row) => new()
    {
        Tenant = new TenantId(row.GetString(0)),
        Connection = new ConnectionId(row.GetString(1)),
        Stream = new StreamName(row.GetString(2)),
        Id = row.GetString(3),
        Trigger = row.GetString(4),
        Fence = row.GetInt64(5),
        From = row.DayOf(6),
        To = row.DayOf(7),
        Outcome = Enum.Parse<SyncOutcome>(row.GetString(8)),
        Reason = row.TextOf(9),
        StartedAt = row.Instant(10),
        EndedAt = row.InstantOf(11),
        Pages = (int)row.GetInt64(12),
        Inserted = row.GetInt64(13),
        Updated = row.GetInt64(14),
        Unchanged = row.GetInt64(15),
        Deleted = row.GetInt64(16),
        Held = row.GetInt64(17),
    };
}
