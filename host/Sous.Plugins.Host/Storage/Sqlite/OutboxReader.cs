using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Deliveries.Sending;
using Sous.Plugins.Host.Deliveries.Subscriptions;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Reads the outbox.</summary>
internal static class OutboxReader
{
    private const string Columns = """
        d.no, d.id, d.tenant, d.subscription, d.lane, d.connection, d.event, d.type, d.at, d.data, d.edited_from, d.state,
        d.attempts, d.rung, d.since, d.created_at, d.ended_at, d.status, d.reason
        """;

    // Only of the first in a lane: the others wait for it.
    private const string Due = """
        CASE WHEN d.state = 0 AND d.no = (SELECT MIN(f.no) FROM deliveries f WHERE f.subscription = d.subscription AND f.lane = d.lane AND f.state = 0)
            THEN (SELECT l.due_at FROM delivery_lanes l WHERE l.subscription = d.subscription AND l.lane = d.lane) END
        """;

    private const string Shown = $"SELECT {Columns}, {Due} FROM deliveries d";

    public static DueTurn ReadDue(Session session, string subscription, DateTimeOffset now, int limit)
    {
        var reader = session.Prepare("SELECT hold_until FROM delivery_readers WHERE subscription = ?1").Bind(1, subscription);
        var hold = reader.Step() ? InstantOf(reader, 0) : null;
        reader.Reset();
        var farthest = now + RetrySchedule.LongestWait;
        if (hold > now && hold <= farthest)
        {
            return new DueTurn([], hold);
        }

        var lanes = new List<string>();
        var due = session.Prepare("SELECT lane FROM delivery_lanes WHERE subscription = ?1 AND (due_at <= ?2 OR due_at > ?4) ORDER BY due_at, lane LIMIT ?3")
            .Bind(1, subscription).Bind(2, Milliseconds(now)).Bind(3, limit).Bind(4, Milliseconds(farthest));
        while (due.Step())
        {
            lanes.Add(due.Text(0));
        }

        var heads = lanes.Select(lane => One(session
            .Prepare($"SELECT {Columns}, NULL FROM deliveries d WHERE d.subscription = ?1 AND d.lane = ?2 AND d.state = 0 ORDER BY d.no LIMIT 1")
            .Bind(1, subscription).Bind(2, lane)));
        var next = session.Prepare("SELECT MIN(due_at) FROM delivery_lanes WHERE subscription = ?1 AND due_at > ?2 AND due_at <= ?3").Bind(1, subscription).Bind(2, Milliseconds(now)).Bind(3, Milliseconds(farthest));
        var turn = new DueTurn([.. heads.OfType<Delivery>()], next.Step() ? InstantOf(next, 0) : null);
        next.Reset();
        return turn;
    }

    public static IReadOnlyList<SubscriptionKey> ListWaiting(Session session)
    {
        var keys = new List<SubscriptionKey>();
        var rows = session.Prepare("SELECT r.tenant, r.subscription FROM delivery_readers r WHERE EXISTS (SELECT 1 FROM delivery_lanes l WHERE l.subscription = r.subscription)");
        while (rows.Step())
        {
            keys.Add(new SubscriptionKey(new TenantId(rows.Text(0)), rows.Text(1)));
        }

        return keys;
    }

    public static (long Pending, long Dead) Count(Session session)
    {
        var row = session.Prepare("SELECT (SELECT COUNT(*) FROM deliveries WHERE state = 0), (SELECT COUNT(*) FROM deliveries WHERE state = 2)");
        row.Step();
        var counts = (row.Int64(0), row.Int64(1));
        row.Reset();
        return counts;
    }

    public static SubscriptionStanding ReadStanding(Session session, string subscription)
    {
        var row = session.Prepare("""
            SELECT (SELECT COUNT(*) FROM deliveries WHERE subscription = ?1 AND state = 0), (SELECT COUNT(*) FROM deliveries WHERE subscription = ?1 AND state = 2),
                r.delivered_at, r.failing_since, max(coalesce(r.hold_until, 0), (SELECT MIN(due_at) FROM delivery_lanes WHERE subscription = ?1)), r.reason
            FROM (SELECT 1) LEFT JOIN delivery_readers r ON r.subscription = ?1
            """).Bind(1, subscription);
        row.Step();
        var standing = new SubscriptionStanding(row.Int64(0), row.Int64(1), InstantOf(row, 2), InstantOf(row, 3), InstantOf(row, 4), TextOf(row, 5));
        row.Reset();
        return standing;
    }

    public static Delivery? Find(Session session, TenantId tenant, string id)
        => One(session.Prepare($"{Shown} WHERE d.id = ?1 AND d.tenant = ?2").Bind(1, id).Bind(2, tenant.Value));

    public static IReadOnlyList<Delivery> List(Session session, DeliveryQuery query)
    {
        var deliveries = new List<Delivery>();
        var rows = session
            .Prepare($"{Shown} WHERE d.tenant = ?1 AND d.no > ?2 AND (?3 IS NULL OR d.subscription = ?3) AND (?4 IS NULL OR d.state = ?4) ORDER BY d.no LIMIT ?5")
            .Bind(1, query.Tenant.Value).Bind(2, query.After).Bind(3, query.Subscription).Bind(4, (long?)query.State).Bind(5, query.Limit);
        while (rows.Step())
        {
            deliveries.Add(Read(rows));
        }

        return deliveries;
    }

    public static IReadOnlyList<DeliveryAttempt> ListAttempts(Session session, long delivery)
    {
        var attempts = new List<DeliveryAttempt>();
        var rows = session.Prepare("SELECT at, took, status, reason FROM delivery_attempts WHERE delivery = ?1 ORDER BY attempt").Bind(1, delivery);
        while (rows.Step())
        {
            attempts.Add(new DeliveryAttempt(
                DateTimeOffset.FromUnixTimeMilliseconds(rows.Int64(0)), TimeSpan.FromMilliseconds(rows.Int64(1)), rows.IsNull(2) ? null : (int)rows.Int64(2), TextOf(rows, 3)));
        }

        return attempts;
    }

    public static long Milliseconds(DateTimeOffset instant) => instant.ToUnixTimeMilliseconds();

    private static Delivery? One(Statement row)
    {
        var found = row.Step() ? Read(row) : null;
        row.Reset();
        return found;
    }

    private static Delivery Read(Statement row) => new()
    {
        No = row.Int64(0),
        Id = row.Text(1),
        Tenant = new TenantId(row.Text(2)),
        Subscription = row.Text(3),
        Lane = row.Text(4),
        Connection = TextOf(row, 5) is { } connection ? new ConnectionId(connection) : null,
        Event = row.Text(6),
        Type = row.Text(7),
        At = new DateTimeOffset(row.Int64(8), TimeSpan.Zero),
        Data = row.Text(9),
        EditedFrom = TextOf(row, 10),
        State = (DeliveryState)row.Int64(11),
        Attempts = (int)row.Int64(12),
        Rung = (int)row.Int64(13),
        Since = DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(14)),
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(15)),
        EndedAt = InstantOf(row, 16),
        Status = row.IsNull(17) ? null : (int)row.Int64(17),
        Reason = TextOf(row, 18),
        Due = InstantOf(row, 19),
    };

    private static string? TextOf(Statement row, int column) => row.IsNull(column) ? null : row.Text(column);

    private static DateTimeOffset? InstantOf(Statement row, int column) => row.IsNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(column));
}
