using Npgsql;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Deliveries.Sending;
using Sous.Plugins.Host.Deliveries.Subscriptions;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>Reads the outbox.</summary>
internal static class OutboxReader
{
    private const string Columns = """
        d.no, d.id, d.tenant, d.subscription, d.lane, d.connection, d.event, d.type, d.at, d.data, d.edited_from, d.state,
        d.attempts, d.rung, d.since, d.created_at, d.ended_at, d.status, d.reason
        """;

    // Only of the first in a lane: the others wait for it.
    private const string Due = """
        CASE WHEN d.state = 0 AND d.no = (SELECT min(f.no) FROM deliveries f WHERE f.subscription = d.subscription AND f.lane = d.lane AND f.state = 0)
            THEN (SELECT l.due_at FROM delivery_lanes l WHERE l.subscription = d.subscription AND l.lane = d.lane) END
        """;

    private const string Shown = $"SELECT {Columns}, {Due} FROM deliveries d";

    public static Task<long?> FindPositionAsync(NpgsqlConnection connection, string subscription, CancellationToken cancellationToken)
        => connection.FindAsync<long?>("SELECT up_to FROM delivery_readers WHERE subscription = $1", cancellationToken, subscription);

    public static async Task<DueTurn> ReadDueAsync(NpgsqlConnection connection, string subscription, DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        var hold = await connection.FindAsync("SELECT hold_until FROM delivery_readers WHERE subscription = $1", static row => row.InstantOf(0), cancellationToken, subscription);
        var farthest = now + RetrySchedule.LongestWait;
        if (hold > now && hold <= farthest)
        {
            return new DueTurn([], hold);
        }

        var heads = await connection.ListAsync(
            $"""
            SELECT {Columns}, NULL FROM
                (SELECT lane, due_at FROM delivery_lanes WHERE subscription = $1 AND (due_at <= $2 OR due_at > $4) ORDER BY due_at, lane LIMIT $3) AS l
                CROSS JOIN LATERAL (SELECT * FROM deliveries h WHERE h.subscription = $1 AND h.lane = l.lane AND h.state = 0 ORDER BY h.no LIMIT 1) AS d
            ORDER BY l.due_at, l.lane
            """,
            Read,
            cancellationToken,
            subscription,
            Milliseconds(now),
            limit,
            Milliseconds(farthest));
        var next = await connection.FindAsync(
            "SELECT min(due_at) FROM delivery_lanes WHERE subscription = $1 AND due_at > $2 AND due_at <= $3",
            static row => row.InstantOf(0),
            cancellationToken,
            subscription,
            Milliseconds(now),
            Milliseconds(farthest));
        return new DueTurn(heads, next);
    }

    public static async Task<IReadOnlyList<SubscriptionKey>> ListWaitingAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => await connection.ListAsync(
        "SELECT r.tenant, r.subscription FROM delivery_readers r WHERE EXISTS (SELECT 1 FROM delivery_lanes l WHERE l.subscription = r.subscription)",
        static row => new SubscriptionKey(new TenantId(row.GetString(0)), row.GetString(1)),
        cancellationToken);

    public static async Task<IReadOnlyList<string>> ListSubscriptionsAsync(NpgsqlConnection connection, TenantId tenant, CancellationToken cancellationToken)
        => await connection.ListAsync("SELECT subscription FROM delivery_readers WHERE tenant = $1 UNION SELECT subscription FROM deliveries WHERE tenant = $1", static row => row.GetString(0), cancellationToken, tenant.Value);

    public static Task<(long Pending, long Dead)> CountAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => connection.FindAsync(
        "SELECT (SELECT count(*) FROM deliveries WHERE state = 0), (SELECT count(*) FROM deliveries WHERE state = 2)",
        static row => (row.GetInt64(0), row.GetInt64(1)),
        cancellationToken);

    public static async Task<SubscriptionStanding> ReadStandingAsync(NpgsqlConnection connection, string subscription, CancellationToken cancellationToken) => (await connection.ListAsync(
        """
        SELECT (SELECT count(*) FROM deliveries WHERE subscription = $1 AND state = 0), (SELECT count(*) FROM deliveries WHERE subscription = $1 AND state = 2),
            r.delivered_at, r.failing_since, (SELECT greatest(min(due_at), r.hold_until) FROM delivery_lanes WHERE subscription = $1 HAVING min(due_at) IS NOT NULL), r.reason
        FROM (SELECT 1) AS one LEFT JOIN delivery_readers r ON r.subscription = $1
        """,
        static row => new SubscriptionStanding(row.GetInt64(0), row.GetInt64(1), row.InstantOf(2), row.InstantOf(3), row.InstantOf(4), row.TextOf(5)),
        cancellationToken,
        subscription))[0];

    public static Task<Delivery?> FindAsync(NpgsqlConnection connection, TenantId tenant, string id, CancellationToken cancellationToken)
        => connection.FindAsync($"{Shown} WHERE d.id = $1 AND d.tenant = $2", Read, cancellationToken, id, tenant.Value);

    public static async Task<IReadOnlyList<Delivery>> ListAsync(NpgsqlConnection connection, DeliveryQuery query, CancellationToken cancellationToken) => await connection.ListAsync(
        $"{Shown} WHERE d.tenant = $1 AND d.no > $2 AND ($3::text IS NULL OR d.subscription = $3) AND ($4::integer IS NULL OR d.state = $4) ORDER BY d.no LIMIT $5",
        Read,
        cancellationToken,
        query.Tenant.Value,
        query.After,
        query.Subscription,
        (int?)query.State,
        query.Limit);

    public static async Task<IReadOnlyList<DeliveryAttempt>> ListAttemptsAsync(NpgsqlConnection connection, long delivery, CancellationToken cancellationToken) => await connection.ListAsync(
        "SELECT at, took, status, reason FROM delivery_attempts WHERE delivery = $1 ORDER BY attempt",
        static row => new DeliveryAttempt(row.Instant(0), TimeSpan.FromMilliseconds(row.GetInt64(1)), row.NumberOf(2), row.TextOf(3)),
        cancellationToken,
        delivery);

    public static long Milliseconds(DateTimeOffset instant) => instant.ToUnixTimeMilliseconds();

    private static Delivery Read(NpgsqlDataReader row) => new()
    {
        No = row.GetInt64(0),
        Id = row.GetString(1),
        Tenant = new TenantId(row.GetString(2)),
        Subscription = row.GetString(3),
        Lane = row.GetString(4),
        Connection = row.TextOf(5) is { } connection ? new ConnectionId(connection) : null,
        Event = row.GetString(6),
        Type = row.GetString(7),
        At = new DateTimeOffset(row.GetInt64(8), TimeSpan.Zero),
        Data = row.GetString(9),
        EditedFrom = row.TextOf(10),
        State = (DeliveryState)row.GetInt16(11),
        Attempts = row.GetInt32(12),
        Rung = row.GetInt32(13),
        Since = row.Instant(14),
        CreatedAt = row.Instant(15),
        EndedAt = row.InstantOf(16),
        Status = row.NumberOf(17),
        Reason = row.TextOf(18),
        Due = row.InstantOf(19),
    };
}
