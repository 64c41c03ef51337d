using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Deliveries.Sending;
using Sous.Plugins.Host.Deliveries.Subscriptions;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>The outbox in the change store's file, written by its one writer in the same groups.</summary>
internal sealed class SqliteOutbox(GroupCommitter writer, ReaderPool readers, Session session) : IOutbox
{
    private const int AtOnce = 500;

    private static readonly TimeSpan s_down = TimeSpan.FromMinutes(15);

    public ValueTask<long?> FindPositionAsync(string subscription, CancellationToken cancellationToken) => readers.ReadAsync(
        reader =>
        {
            var row = reader.Prepare("SELECT up_to FROM delivery_readers WHERE subscription = ?1").Bind(1, subscription);
            return row.Step() ? row.Int64(0) : (long?)null;
        },
        cancellationToken);

    public Task<bool> KeepAsync(SubscriptionKey subscription, IReadOnlyList<Delivery> deliveries, long upTo, CancellationToken cancellationToken) => writer.RunAsync(
        () =>
        {
            if (deliveries.Count > 0 && CountPending(subscription.Id) + deliveries.Count > IOutbox.MostPending)
            {
                return false;
            }

            foreach (var delivery in deliveries)
            {
                Insert(delivery);
            }

            session.Prepare("INSERT INTO delivery_readers(subscription, tenant, up_to) VALUES (?1, ?2, ?3) ON CONFLICT(subscription) DO UPDATE SET up_to = ?3")
                .Bind(1, subscription.Id).Bind(2, subscription.Tenant.Value).Bind(3, upTo).Run();
            return true;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<SubscriptionKey>> ListWaitingAsync(CancellationToken cancellationToken) => readers.ReadAsync(OutboxReader.ListWaiting, cancellationToken);

    public ValueTask<DueTurn> ReadDueAsync(string subscription, DateTimeOffset now, int limit, CancellationToken cancellationToken)
        => readers.ReadAsync(reader => OutboxReader.ReadDue(reader, subscription, now, limit), cancellationToken);

    public Task FinishAsync(Delivery delivery, DeliveryAttempt attempt, RetryStep step, DateTimeOffset? holdUntil, CancellationToken cancellationToken) => writer.RunAsync(
        () =>
        {
            var at = OutboxReader.Milliseconds(attempt.At);
            session.Prepare("INSERT INTO delivery_attempts(delivery, attempt, at, took, status, reason) SELECT no, attempts + 1, ?2, ?3, ?4, ?5 FROM deliveries WHERE no = ?1")
                .Bind(1, delivery.No).Bind(2, at).Bind(3, (long)attempt.Took.TotalMilliseconds).Bind(4, attempt.Status).Bind(5, attempt.Reason).Run();
            session.Prepare("UPDATE deliveries SET attempts = attempts + 1, status = ?2 WHERE no = ?1").Bind(1, delivery.No).Bind(2, attempt.Status).Run();

            // What was canceled while it was on its way stays so; who replayed it meanwhile began its schedule anew, and has it if it was taken.
            var before = session.TotalChanges;
            session.Prepare("UPDATE deliveries SET state = ?2, rung = ?3, reason = ?4, ended_at = CASE WHEN ?2 = 0 THEN NULL ELSE ?5 END WHERE no = ?1 AND state = 0 AND (since = ?6 OR ?2 = 1)")
                .Bind(1, delivery.No).Bind(2, (long)step.State).Bind(3, step.Rung).Bind(4, attempt.Reason).Bind(5, at).Bind(6, OutboxReader.Milliseconds(delivery.Since)).Run();
            if (session.TotalChanges != before)
            {
                // Rounded up: who asked to wait is not asked a part of a millisecond earlier.
                MoveLane(delivery.Subscription, delivery.Lane, OutboxReader.Milliseconds(step.Due.AddTicks(TimeSpan.TicksPerMillisecond - 1)));
            }

            if (attempt.IsDelivered)
            {
                HurryRecovered(delivery.Subscription, at);
            }

            session.Prepare("""
                UPDATE delivery_readers SET delivered_at = coalesce(?3, delivered_at), reason = ?4,
                    hold_until = max(CASE WHEN hold_until <= ?6 THEN hold_until ELSE 0 END, coalesce(?2, 0)),
                    failing_since = CASE WHEN ?4 IS NULL THEN NULL ELSE coalesce(failing_since, ?5) END
                WHERE subscription = ?1
                """).Bind(1, delivery.Subscription).Bind(2, holdUntil?.ToUnixTimeMilliseconds()).Bind(3, attempt.IsDelivered ? at : null).Bind(4, attempt.Reason).Bind(5, at)
                .Bind(6, at + (long)RetrySchedule.LongestWait.TotalMilliseconds).Run();
        },
        cancellationToken);

    public Task HurryAsync(string subscription, DateTimeOffset now, CancellationToken cancellationToken) => writer.RunAsync(
        () =>
        {
            var at = OutboxReader.Milliseconds(now);
            session.Prepare("UPDATE deliveries SET rung = 0, since = ?2 WHERE subscription = ?1 AND state = 0").Bind(1, subscription).Bind(2, at).Run();
            session.Prepare("UPDATE delivery_lanes SET due_at = ?2 WHERE subscription = ?1").Bind(1, subscription).Bind(2, at).Run();
            session.Prepare("UPDATE delivery_readers SET hold_until = NULL WHERE subscription = ?1").Bind(1, subscription).Run();
        },
        cancellationToken);

    public ValueTask<(long Pending, long Dead)> CountAsync(CancellationToken cancellationToken) => readers.ReadAsync(OutboxReader.Count, cancellationToken);

    public ValueTask<SubscriptionStanding> ReadStandingAsync(string subscription, CancellationToken cancellationToken)
        => readers.ReadAsync(reader => OutboxReader.ReadStanding(reader, subscription), cancellationToken);

    public ValueTask<Delivery?> FindAsync(TenantId tenant, string id, CancellationToken cancellationToken)
        => readers.ReadAsync(reader => OutboxReader.Find(reader, tenant, id), cancellationToken);

    public ValueTask<IReadOnlyList<Delivery>> ListAsync(DeliveryQuery query, CancellationToken cancellationToken)
        => readers.ReadAsync(reader => OutboxReader.List(reader, query), cancellationToken);

    public ValueTask<IReadOnlyList<DeliveryAttempt>> ListAttemptsAsync(Delivery delivery, CancellationToken cancellationToken)
        => readers.ReadAsync(reader => OutboxReader.ListAttempts(reader, delivery.No), cancellationToken);

    public Task<bool> ReplayAsync(Delivery delivery, DateTimeOffset now, CancellationToken cancellationToken) => writer.RunAsync(
        () =>
        {
            var at = OutboxReader.Milliseconds(now);
            var before = session.TotalChanges;
            session.Prepare("UPDATE deliveries SET state = 0, rung = 0, since = ?2, reason = NULL, ended_at = NULL WHERE no = ?1 AND state <> 3").Bind(1, delivery.No).Bind(2, at).Run();
            if (session.TotalChanges == before)
            {
                return false;
            }

            OpenLanes("no = ?2", delivery.Subscription, delivery.No, at);
            return true;
        },
        cancellationToken);

    public Task<long> ReplayDeadAsync(string subscription, DateTimeOffset now, CancellationToken cancellationToken) => writer.RunAsync(
        () =>
        {
            var at = OutboxReader.Milliseconds(now);
            OpenLanes("subscription = ?1 AND state = ?2", subscription, (long)DeliveryState.Dead, at);
            var before = session.TotalChanges;
            session.Prepare("UPDATE deliveries SET state = 0, rung = 0, since = ?2, reason = NULL, ended_at = NULL WHERE subscription = ?1 AND state = 2")
                .Bind(1, subscription).Bind(2, at).Run();
            return session.TotalChanges - before;
        },
        cancellationToken);

    public Task<bool> ReplaceAsync(Delivery delivery, Delivery edited, CancellationToken cancellationToken) => writer.RunAsync(
        () =>
        {
            var at = OutboxReader.Milliseconds(edited.CreatedAt);
            var before = session.TotalChanges;
            session.Prepare("UPDATE deliveries SET state = 3, reason = ?2, ended_at = ?3 WHERE no = ?1 AND state <> 3").Bind(1, delivery.No).Bind(2, $"It is sent edited, as {edited.Id}.").Bind(3, at).Run();
            if (session.TotalChanges == before)
            {
                return false;
            }

            MoveLane(delivery.Subscription, delivery.Lane, at);
            Insert(edited);
            return true;
        },
        cancellationToken);

    public Task CancelAsync(string lane, string reason, DateTimeOffset now, CancellationToken cancellationToken) => writer.RunAsync(
        () =>
        {
            session.Prepare("""
                UPDATE deliveries SET state = 3, reason = ?2, ended_at = ?3
                WHERE state = 0 AND lane = ?1 AND subscription IN (SELECT subscription FROM delivery_readers)
                """).Bind(1, lane).Bind(2, reason).Bind(3, OutboxReader.Milliseconds(now)).Run();
            session.Prepare("DELETE FROM delivery_lanes WHERE lane = ?1").Bind(1, lane).Run();
        },
        cancellationToken);

    public Task ForgetAsync(string subscription, CancellationToken cancellationToken) => ForgetAsync("subscription", subscription, cancellationToken);

    public async Task ForgetAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var subscriptions = await readers.ReadAsync(
            reader =>
            {
                var found = new List<string>();
                var rows = reader.Prepare("SELECT subscription FROM delivery_readers WHERE tenant = ?1").Bind(1, tenant.Value);
                while (rows.Step())
                {
                    found.Add(rows.Text(0));
                }

                return found;
            },
            cancellationToken);
        foreach (var subscription in subscriptions)
        {
            await ForgetAsync(subscription, cancellationToken);
        }

        await ForgetAsync("tenant", tenant.Value, cancellationToken);
    }

    public async Task SweepAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (delivered, rest) = (OutboxReader.Milliseconds(now - IOutbox.Kept), OutboxReader.Milliseconds(now - IOutbox.KeptDead));
        while (await writer.RunAsync(() => DeleteSome("created_at < ?1 AND (state = 1 AND ended_at < ?1 OR state IN (2, 3) AND ended_at < ?2)", s => s.Bind(1, delivered).Bind(2, rest)), cancellationToken))
        {
        }

        await writer.RunAsync(
            () => session.Prepare("""
                DELETE FROM delivery_lanes WHERE NOT EXISTS
                    (SELECT 1 FROM deliveries d WHERE d.subscription = delivery_lanes.subscription AND d.lane = delivery_lanes.lane AND d.state = 0)
                """).Run(),
            cancellationToken);
    }

    private async Task ForgetAsync(string column, string value, CancellationToken cancellationToken)
    {
        while (await writer.RunAsync(() => DeleteSome($"{column} = ?1", s => s.Bind(1, value)), cancellationToken))
        {
        }

        await writer.RunAsync(
            () =>
            {
                session.Prepare($"DELETE FROM delivery_lanes WHERE subscription IN (SELECT subscription FROM delivery_readers WHERE {column} = ?1)").Bind(1, value).Run();
                session.Prepare($"DELETE FROM delivery_readers WHERE {column} = ?1").Bind(1, value).Run();
            },
            cancellationToken);
    }

    private void Insert(Delivery delivery)
    {
        var created = OutboxReader.Milliseconds(delivery.CreatedAt);
        var before = session.TotalChanges;
        session.Prepare("""
            INSERT INTO deliveries(id, tenant, subscription, lane, connection, event, type, at, data, edited_from, state, attempts, rung, since, created_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, 0, 0, ?11, ?11) ON CONFLICT(subscription, event) DO NOTHING
            """)
            .Bind(1, delivery.Id).Bind(2, delivery.Tenant.Value).Bind(3, delivery.Subscription).Bind(4, delivery.Lane).Bind(5, delivery.Connection?.Value)
            .Bind(6, delivery.Event).Bind(7, delivery.Type).Bind(8, delivery.At.UtcTicks).Bind(9, delivery.Data).Bind(10, delivery.EditedFrom).Bind(11, created)
            .Run();
        if (session.TotalChanges != before)
        {
            session.Prepare("INSERT OR IGNORE INTO delivery_lanes(subscription, lane, due_at) VALUES (?1, ?2, ?3)").Bind(1, delivery.Subscription).Bind(2, delivery.Lane).Bind(3, created).Run();
        }
    }

    /// <summary>
    /// A receiver that was down answers again: what waits because it was is due. That costs no rung of the schedule, and happens only
    /// after a while without any delivery, so that one event which a healthy receiver cannot take is not tried with each other one.
    /// </summary>
    private void HurryRecovered(string subscription, long at)
    {
        const string Down = """
            SELECT h.no FROM delivery_lanes l JOIN deliveries h
                ON h.no = (SELECT MIN(no) FROM deliveries d WHERE d.subscription = l.subscription AND d.lane = l.lane AND d.state = 0)
            WHERE l.subscription = ?1 AND l.due_at > ?2 AND h.attempts > 0 AND (h.status IS NULL OR h.status IN (429, 502, 503, 504))
            """;
        var failing = session.Prepare("SELECT 1 FROM delivery_readers WHERE subscription = ?1 AND failing_since <= ?2").Bind(1, subscription).Bind(2, at - (long)s_down.TotalMilliseconds);
        if (failing.Step())
        {
            failing.Reset();
            session.Prepare($"UPDATE deliveries SET rung = max(rung - 1, 0) WHERE no IN ({Down})").Bind(1, subscription).Bind(2, at).Run();
            session.Prepare($"UPDATE delivery_lanes SET due_at = ?2 WHERE subscription = ?1 AND lane IN (SELECT lane FROM deliveries WHERE no IN ({Down}))").Bind(1, subscription).Bind(2, at).Run();
        }
    }

    /// <summary>The lanes of those deliveries go on at once.</summary>
    private void OpenLanes(string which, string subscription, long value, long at) => session.Prepare($"""
        INSERT INTO delivery_lanes(subscription, lane, due_at) SELECT DISTINCT subscription, lane, ?3 FROM deliveries WHERE subscription = ?1 AND {which}
        ON CONFLICT(subscription, lane) DO UPDATE SET due_at = ?3
        """).Bind(1, subscription).Bind(2, value).Bind(3, at).Run();

    /// <summary>The lane goes on then, if something waits in it.</summary>
    private void MoveLane(string subscription, string lane, long due)
    {
        session.Prepare("UPDATE delivery_lanes SET due_at = ?3 WHERE subscription = ?1 AND lane = ?2").Bind(1, subscription).Bind(2, lane).Bind(3, due).Run();
        session.Prepare("""
            DELETE FROM delivery_lanes WHERE subscription = ?1 AND lane = ?2
                AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.subscription = ?1 AND d.lane = ?2 AND d.state = 0)
            """).Bind(1, subscription).Bind(2, lane).Run();
    }

    private long CountPending(string subscription)
    {
        var count = session.Prepare("SELECT COUNT(*) FROM deliveries WHERE subscription = ?1 AND state = 0").Bind(1, subscription);
        count.Step();
        var pending = count.Int64(0);
        count.Reset();
        return pending;
    }

    private bool DeleteSome(string which, Func<Statement, Statement> bind)
    {
        var some = $"SELECT no FROM deliveries WHERE {which} LIMIT {AtOnce}";
        bind(session.Prepare($"DELETE FROM delivery_attempts WHERE delivery IN ({some})")).Run();
        var before = session.TotalChanges;
        bind(session.Prepare($"DELETE FROM deliveries WHERE no IN ({some})")).Run();
        return session.TotalChanges != before;
    }
}
