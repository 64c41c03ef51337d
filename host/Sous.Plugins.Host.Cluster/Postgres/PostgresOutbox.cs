using Npgsql;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Deliveries.Sending;
using Sous.Plugins.Host.Deliveries.Subscriptions;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>
/// The outbox of all hosts. What is written of a subscription is written by one transaction at a time, under a lock that is taken first: a lane
/// must not be given up by one while another puts a delivery into it.
/// </summary>
internal sealed class PostgresOutbox(PostgresDatabase database) : IOutbox
{
    public const string Tables = """
        -- state: 0 pending, 1 delivered, 2 dead, 3 canceled. rung: how far in the schedule of retries, which began at since. at: in ticks, to the letter of the log.
        CREATE TABLE deliveries(
            no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE, tenant text COLLATE "C" NOT NULL, subscription text COLLATE "C" NOT NULL,
            lane text COLLATE "C" NOT NULL, connection text COLLATE "C", event text COLLATE "C" NOT NULL, type text NOT NULL, at bigint NOT NULL, data text NOT NULL,
            edited_from text, state smallint NOT NULL, attempts integer NOT NULL, rung integer NOT NULL, since bigint NOT NULL, created_at bigint NOT NULL, ended_at bigint,
            status integer, reason text);
        CREATE UNIQUE INDEX deliveries_event ON deliveries(subscription, event);
        CREATE INDEX deliveries_tenant ON deliveries(tenant, no);
        CREATE INDEX deliveries_pending ON deliveries(subscription, lane, no) WHERE state = 0;
        CREATE INDEX deliveries_dead ON deliveries(subscription, no) WHERE state = 2;
        CREATE INDEX deliveries_created ON deliveries(created_at);
        CREATE TABLE delivery_attempts(
            delivery bigint NOT NULL REFERENCES deliveries ON DELETE CASCADE, attempt integer NOT NULL, at bigint NOT NULL, took bigint NOT NULL, status integer, reason text,
            PRIMARY KEY(delivery, attempt));
        -- A lane is there while something waits in it; due_at: when its first is tried.
        CREATE TABLE delivery_lanes(
            subscription text COLLATE "C" NOT NULL, lane text COLLATE "C" NOT NULL, due_at bigint NOT NULL, PRIMARY KEY(subscription, lane));
        CREATE INDEX delivery_lanes_due ON delivery_lanes(subscription, due_at);
        CREATE TABLE delivery_readers(
            subscription text COLLATE "C" PRIMARY KEY, tenant text COLLATE "C" NOT NULL, up_to bigint NOT NULL, hold_until bigint, delivered_at bigint, failing_since bigint, reason text);
        """;

    private const int AtOnce = 500;

    private const string NoneWaits = "NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.subscription = l.subscription AND d.lane = l.lane AND d.state = 0)";

    private static readonly TimeSpan s_down = TimeSpan.FromMinutes(15);

    public ValueTask<long?> FindPositionAsync(string subscription, CancellationToken cancellationToken)
        => ReadAsync(connection => OutboxReader.FindPositionAsync(connection, subscription, cancellationToken), cancellationToken);

    public Task<bool> KeepAsync(SubscriptionKey subscription, IReadOnlyList<Delivery> deliveries, long upTo, CancellationToken cancellationToken) => WriteAsync(
        subscription.Id,
        async connection =>
        {
            if (deliveries.Count > 0 && await CountPendingAsync(connection, subscription.Id) + deliveries.Count > IOutbox.MostPending)
            {
                return false;
            }

            await using var batch = new NpgsqlBatch(connection);
            AddInsert(batch, deliveries);
            batch.Add(
                "INSERT INTO delivery_readers(subscription, tenant, up_to) VALUES ($1, $2, $3) ON CONFLICT (subscription) DO UPDATE SET up_to = EXCLUDED.up_to",
                subscription.Id,
                subscription.Tenant.Value,
                upTo);
            await batch.ExecuteNonQueryAsync();
            return true;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<SubscriptionKey>> ListWaitingAsync(CancellationToken cancellationToken)
        => ReadAsync(connection => OutboxReader.ListWaitingAsync(connection, cancellationToken), cancellationToken);

    public async ValueTask<DueTurn> ReadDueAsync(string subscription, DateTimeOffset now, int limit, CancellationToken cancellationToken)
        => await database.ReadSnapshotAsync(connection => OutboxReader.ReadDueAsync(connection, subscription, now, limit, cancellationToken), cancellationToken);

    public Task FinishAsync(Delivery delivery, DeliveryAttempt attempt, RetryStep step, DateTimeOffset? holdUntil, CancellationToken cancellationToken) => WriteAsync(
        delivery.Subscription,
        async connection =>
        {
            var at = OutboxReader.Milliseconds(attempt.At);
            var changed = await StoreAsync(connection, delivery, attempt, step, at);
            await using var batch = new NpgsqlBatch(connection);
            if (changed)
            {
                // Rounded up: who asked to wait is not asked a part of a millisecond earlier.
                AddMove(batch, delivery.Subscription, delivery.Lane, OutboxReader.Milliseconds(step.Due.AddTicks(TimeSpan.TicksPerMillisecond - 1)));
            }

            if (attempt.IsDelivered)
            {
                AddHurry(batch, delivery.Subscription, at);
            }

            batch.Add(
                """
                UPDATE delivery_readers SET delivered_at = coalesce($3::bigint, delivered_at), reason = $4::text,
                    hold_until = greatest(CASE WHEN hold_until <= $6 THEN hold_until ELSE 0 END, coalesce($2::bigint, 0)),
                    failing_since = CASE WHEN $4::text IS NULL THEN NULL ELSE coalesce(failing_since, $5) END
                WHERE subscription = $1
                """,
                delivery.Subscription,
                holdUntil?.ToUnixTimeMilliseconds(),
                attempt.IsDelivered ? at : null,
                attempt.Reason,
                at,
                at + (long)RetrySchedule.LongestWait.TotalMilliseconds);
            return await batch.ExecuteNonQueryAsync();
        },
        cancellationToken);

    public Task HurryAsync(string subscription, DateTimeOffset now, CancellationToken cancellationToken) => WriteAsync(
        subscription,
        async connection =>
        {
            var at = OutboxReader.Milliseconds(now);
            await using var batch = new NpgsqlBatch(connection)
                .Add("UPDATE deliveries SET rung = 0, since = $2 WHERE subscription = $1 AND state = 0", subscription, at)
                .Add("UPDATE delivery_lanes SET due_at = $2 WHERE subscription = $1", subscription, at)
                .Add("UPDATE delivery_readers SET hold_until = NULL WHERE subscription = $1", subscription);
            return await batch.ExecuteNonQueryAsync();
        },
        cancellationToken);

    public ValueTask<(long Pending, long Dead)> CountAsync(CancellationToken cancellationToken)
        => ReadAsync(connection => OutboxReader.CountAsync(connection, cancellationToken), cancellationToken);

    public ValueTask<SubscriptionStanding> ReadStandingAsync(string subscription, CancellationToken cancellationToken)
        => ReadAsync(connection => OutboxReader.ReadStandingAsync(connection, subscription, cancellationToken), cancellationToken);

    public ValueTask<Delivery?> FindAsync(TenantId tenant, string id, CancellationToken cancellationToken)
        => ReadAsync(connection => OutboxReader.FindAsync(connection, tenant, id, cancellationToken), cancellationToken);

    public ValueTask<IReadOnlyList<Delivery>> ListAsync(DeliveryQuery query, CancellationToken cancellationToken)
        => ReadAsync(connection => OutboxReader.ListAsync(connection, query, cancellationToken), cancellationToken);

    public ValueTask<IReadOnlyList<DeliveryAttempt>> ListAttemptsAsync(Delivery delivery, CancellationToken cancellationToken)
        => ReadAsync(connection => OutboxReader.ListAttemptsAsync(connection, delivery.No, cancellationToken), cancellationToken);

    public Task<bool> ReplayAsync(Delivery delivery, DateTimeOffset now, CancellationToken cancellationToken) => WriteAsync(
        delivery.Subscription, async connection => await ReplayAsync(connection, "no = $2 AND state <> 3", delivery.Subscription, delivery.No, now) > 0, cancellationToken);

    public Task<long> ReplayDeadAsync(string subscription, DateTimeOffset now, CancellationToken cancellationToken)
        => WriteAsync(subscription, connection => ReplayAsync(connection, "state = $2", subscription, (long)DeliveryState.Dead, now), cancellationToken);

    public Task<bool> ReplaceAsync(Delivery delivery, Delivery edited, CancellationToken cancellationToken) => WriteAsync(
        delivery.Subscription,
        async connection =>
        {
            var at = OutboxReader.Milliseconds(edited.CreatedAt);
            if (await connection.ExecuteAsync(
                "UPDATE deliveries SET state = 3, reason = $2, ended_at = $3 WHERE no = $1 AND state <> 3", delivery.No, $"It is sent edited, as {edited.Id}.", at) == 0)
            {
                return false;
            }

            await using var batch = new NpgsqlBatch(connection);
            AddMove(batch, delivery.Subscription, delivery.Lane, at);
            AddInsert(batch, [edited]);
            await batch.ExecuteNonQueryAsync();
            return true;
        },
        cancellationToken);

    public Task CancelAsync(string lane, string reason, DateTimeOffset now, CancellationToken cancellationToken) => database.WriteAsync(
        async connection =>
        {
            var subscriptions = await LockAllAsync(connection, "SELECT subscription FROM delivery_lanes WHERE lane = $1", lane);
            await using var batch = new NpgsqlBatch(connection)
                .Add(
                    "UPDATE deliveries SET state = 3, reason = $2, ended_at = $3 WHERE state = 0 AND lane = $1 AND subscription = ANY($4)",
                    lane,
                    reason,
                    OutboxReader.Milliseconds(now),
                    subscriptions)
                .Add("DELETE FROM delivery_lanes WHERE lane = $1 AND subscription = ANY($2)", lane, subscriptions);
            return await batch.ExecuteNonQueryAsync();
        },
        cancellationToken);

    public async Task ForgetAsync(string subscription, CancellationToken cancellationToken)
    {
        while (await WriteAsync(subscription, connection => ForgetSomeAsync(connection, subscription), cancellationToken))
        {
        }
    }

    public async Task ForgetAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        var subscriptions = await ReadAsync(connection => OutboxReader.ListSubscriptionsAsync(connection, tenant, cancellationToken), cancellationToken);
        foreach (var subscription in subscriptions)
        {
            await ForgetAsync(subscription, cancellationToken);
        }
    }

    public async Task SweepAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (before, deadBefore) = (OutboxReader.Milliseconds(now - IOutbox.Kept), OutboxReader.Milliseconds(now - IOutbox.KeptDead));
        while (await database.WriteAsync(connection => SweepSomeAsync(connection, before, deadBefore), cancellationToken))
        {
        }

        await database.WriteAsync(
            async connection =>
            {
                var subscriptions = await LockAllAsync(connection, $"SELECT subscription FROM delivery_lanes l WHERE {NoneWaits}");
                return await connection.ExecuteAsync($"DELETE FROM delivery_lanes l WHERE subscription = ANY($1) AND {NoneWaits}", [subscriptions]);
            },
            cancellationToken);
    }

    private static Task<long> CountPendingAsync(NpgsqlConnection connection, string subscription)
        => connection.FindAsync<long>("SELECT count(*) FROM deliveries WHERE subscription = $1 AND state = 0", CancellationToken.None, subscription);

    /// <returns>Whether the delivery is as the step says now.</returns>
    private static async Task<bool> StoreAsync(NpgsqlConnection connection, Delivery delivery, DeliveryAttempt attempt, RetryStep step, long at)
    {
        await using var batch = new NpgsqlBatch(connection)
            .Add(
                "INSERT INTO delivery_attempts(delivery, attempt, at, took, status, reason) SELECT no, attempts + 1, $2, $3, $4::integer, $5::text FROM deliveries WHERE no = $1",
                delivery.No,
                at,
                (long)attempt.Took.TotalMilliseconds,
                attempt.Status,
                attempt.Reason)
            .Add("UPDATE deliveries SET attempts = attempts + 1, status = $2::integer WHERE no = $1", delivery.No, attempt.Status)

            // What was canceled while it was on its way stays so; who replayed it meanwhile began its schedule anew, and has it if it was taken.
            .Add(
                """
                UPDATE deliveries SET state = $2, rung = $3, reason = $4::text, ended_at = CASE WHEN $2 = 0 THEN NULL ELSE $5::bigint END
                WHERE no = $1 AND state = 0 AND (since = $6 OR $2 = 1) RETURNING no
                """,
                delivery.No,
                (int)step.State,
                step.Rung,
                attempt.Reason,
                at,
                OutboxReader.Milliseconds(delivery.Since));
        return await batch.ReadNumberAsync() != 0;
    }

    /// <summary>Those deliveries wait again, and their lanes go on at once.</summary>
    /// <param name="which">By the subscription, $1, and the value, $2.</param>
    private static async Task<long> ReplayAsync(NpgsqlConnection connection, string which, string subscription, long value, DateTimeOffset now)
    {
        await using var batch = new NpgsqlBatch(connection).Add(
            $"""
            WITH replayed AS (
                    UPDATE deliveries SET state = 0, rung = 0, since = $3, reason = NULL, ended_at = NULL WHERE subscription = $1 AND {which} RETURNING lane),
                opened AS (
                    INSERT INTO delivery_lanes(subscription, lane, due_at) SELECT DISTINCT $1, lane, $3 FROM replayed
                    ON CONFLICT (subscription, lane) DO UPDATE SET due_at = EXCLUDED.due_at)
            SELECT count(*) FROM replayed
            """,
            subscription,
            value,
            OutboxReader.Milliseconds(now));
        return await batch.ReadNumberAsync();
    }

    private static void AddInsert(NpgsqlBatch batch, IReadOnlyList<Delivery> deliveries) => batch.Add(
        """
        WITH kept AS (
            INSERT INTO deliveries(id, tenant, subscription, lane, connection, event, type, at, data, edited_from, state, attempts, rung, since, created_at)
            SELECT id, tenant, subscription, lane, connection, event, type, at, data, edited_from, 0, 0, 0, created_at, created_at
            FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[], $10::text[], $11::bigint[])
                AS given(id, tenant, subscription, lane, connection, event, type, at, data, edited_from, created_at)
            ON CONFLICT (subscription, event) DO NOTHING RETURNING subscription, lane, created_at)
        INSERT INTO delivery_lanes(subscription, lane, due_at) SELECT subscription, lane, min(created_at) FROM kept GROUP BY subscription, lane ON CONFLICT DO NOTHING
        """,
        deliveries.Select(static delivery => delivery.Id).ToArray(),
        deliveries.Select(static delivery => delivery.Tenant.Value).ToArray(),
        deliveries.Select(static delivery => delivery.Subscription).ToArray(),
        deliveries.Select(static delivery => delivery.Lane).ToArray(),
        deliveries.Select(static delivery => delivery.Connection?.Value).ToArray(),
        deliveries.Select(static delivery => delivery.Event).ToArray(),
        deliveries.Select(static delivery => delivery.Type).ToArray(),
        deliveries.Select(static delivery => delivery.At.UtcTicks).ToArray(),
        deliveries.Select(static delivery => delivery.Data).ToArray(),
        deliveries.Select(static delivery => delivery.EditedFrom).ToArray(),
        deliveries.Select(static delivery => OutboxReader.Milliseconds(delivery.CreatedAt)).ToArray());

    /// <summary>The lane goes on then, if something waits in it.</summary>
    private static void AddMove(NpgsqlBatch batch, string subscription, string lane, long due) => batch
        .Add("UPDATE delivery_lanes SET due_at = $3 WHERE subscription = $1 AND lane = $2", subscription, lane, due)
        .Add($"DELETE FROM delivery_lanes l WHERE subscription = $1 AND lane = $2 AND {NoneWaits}", subscription, lane);

    /// <summary>
    /// A receiver that was down answers again: what waits because it was is due. That costs no rung of the schedule, and happens only
    /// after a while without any delivery, so that one event which a healthy receiver cannot take is not tried with each other one.
    /// </summary>
    private static void AddHurry(NpgsqlBatch batch, string subscription, long at) => batch.Add(
        """
        WITH down AS (
                SELECT h.no, l.lane FROM delivery_lanes l JOIN deliveries h
                    ON h.no = (SELECT min(no) FROM deliveries d WHERE d.subscription = l.subscription AND d.lane = l.lane AND d.state = 0)
                WHERE l.subscription = $1 AND l.due_at > $2 AND h.attempts > 0 AND (h.status IS NULL OR h.status IN (429, 502, 503, 504))
                    AND EXISTS (SELECT 1 FROM delivery_readers WHERE subscription = $1 AND failing_since <= $3)),
            eased AS (UPDATE deliveries SET rung = greatest(rung - 1, 0) WHERE no IN (SELECT no FROM down))
        UPDATE delivery_lanes SET due_at = $2 WHERE subscription = $1 AND lane IN (SELECT lane FROM down)
        """,
        subscription,
        at,
        at - (long)s_down.TotalMilliseconds);

    /// <summary>Locks the subscriptions that the statement selects, always in the same order.</summary>
    private static async Task<string[]> LockAllAsync(NpgsqlConnection connection, string subscriptions, params object?[] values)
    {
        var locked = await connection.ListAsync(
            $"SELECT s.subscription, {Lock("s.subscription")} FROM (SELECT DISTINCT subscription FROM ({subscriptions}) AS found ORDER BY subscription) AS s",
            static row => row.GetString(0),
            CancellationToken.None,
            values);
        return [.. locked];
    }

    private static string Lock(string subscription) => $"pg_advisory_xact_lock(hashtextextended('outbox/' || {subscription}, 0))";

    private Task<TResult> WriteAsync<TResult>(string subscription, Func<NpgsqlConnection, Task<TResult>> work, CancellationToken cancellationToken) => database.WriteAsync(
        async connection =>
        {
            await connection.ExecuteAsync($"SELECT {Lock("$1")}", subscription);
            return await work(connection);
        },
        cancellationToken);

    private async ValueTask<TResult> ReadAsync<TResult>(Func<NpgsqlConnection, Task<TResult>> work, CancellationToken cancellationToken)
        => await database.ReadAsync(work, cancellationToken);

    /// <summary>The lanes go in the transaction that finds no delivery left, so that none is put into one behind its back.</summary>
    /// <returns>Whether there is more to do.</returns>
    private static async Task<bool> ForgetSomeAsync(NpgsqlConnection connection, string subscription)
    {
        if (await connection.ExecuteAsync($"DELETE FROM deliveries WHERE no IN (SELECT no FROM deliveries WHERE subscription = $1 LIMIT {AtOnce})", subscription) > 0)
        {
            return true;
        }

        await using var batch = new NpgsqlBatch(connection)
            .Add("DELETE FROM delivery_lanes WHERE subscription = $1", subscription)
            .Add("DELETE FROM delivery_readers WHERE subscription = $1", subscription);
        await batch.ExecuteNonQueryAsync();
        return false;
    }

    /// <inheritdoc cref="ForgetSomeAsync"/>
    private static async Task<bool> SweepSomeAsync(NpgsqlConnection connection, long before, long deadBefore)
    {
        const string Past = "created_at < $1 AND (state = 1 AND ended_at < $1 OR state IN (2, 3) AND ended_at < $2)";
        var subscriptions = await LockAllAsync(connection, $"SELECT subscription FROM deliveries WHERE {Past} ORDER BY no LIMIT {AtOnce}", before, deadBefore);
        return await connection.ExecuteAsync(
            $"DELETE FROM deliveries WHERE no IN (SELECT no FROM deliveries WHERE {Past} AND subscription = ANY($3) ORDER BY no LIMIT {AtOnce})", before, deadBefore, subscriptions) > 0;
    }
}
