using Npgsql;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Webhooks;
using Sous.Plugins.Sdk.Webhooks;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>The inbox that all hosts keep events in, and take them from.</summary>
internal sealed class PostgresInbox(PostgresDatabase database) : IInbox
{
    public const string Tables = """
        -- state: 0 new, 1 taken, 2 unclaimed. An event whose work is done stays by its id alone.
        CREATE TABLE inbox(
            no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, driver text COLLATE "C" NOT NULL, source text COLLATE "C" NOT NULL, event text COLLATE "C" NOT NULL,
            state smallint NOT NULL, received_at bigint NOT NULL, kind text NOT NULL, connection text COLLATE "C", account text COLLATE "C", place text COLLATE "C");
        CREATE UNIQUE INDEX inbox_event ON inbox(driver, source, event);
        CREATE INDEX inbox_received ON inbox(received_at);
        CREATE INDEX inbox_new ON inbox(no) WHERE state = 0;
        CREATE INDEX inbox_unclaimed ON inbox(no) WHERE state = 2;
        CREATE INDEX inbox_account ON inbox(driver, coalesce(account, place), no) WHERE state = 2;
        CREATE TABLE inbox_work(
            connection text COLLATE "C" NOT NULL, work text COLLATE "C" NOT NULL, no bigint NOT NULL REFERENCES inbox ON DELETE CASCADE, PRIMARY KEY(connection, work, no));
        CREATE INDEX inbox_work_no ON inbox_work(no);
        """;

    private const short Taken = 1;
    private const short Unclaimed = 2;
    private const int SweptAtOnce = 500;

    private const string Columns = "i.no, i.driver, i.source, i.event, i.kind, i.connection, i.account, i.place, i.received_at";

    public Task<int?> KeepAsync(IReadOnlyList<InboxEntry> entries, CancellationToken cancellationToken) => database.WriteAsync<int?>(
        async connection => await HasRoomAsync(connection, entries.Count)
            ? await connection.ExecuteAsync(
                """
                INSERT INTO inbox(driver, source, event, state, received_at, kind, connection, account, place)
                SELECT driver, source, event, 0, received_at, kind, connection, account, place
                FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[])
                    AS kept(driver, source, event, received_at, kind, connection, account, place)
                ON CONFLICT (driver, source, event) DO NOTHING
                """,
                entries.Select(static entry => entry.Driver.Value).ToArray(),
                entries.Select(static entry => entry.Source).ToArray(),
                entries.Select(static entry => entry.EventId).ToArray(),
                entries.Select(static entry => entry.ReceivedAt.ToUnixTimeMilliseconds()).ToArray(),
                entries.Select(static entry => entry.Kind.ToString()).ToArray(),
                entries.Select(static entry => entry.Connection?.Value).ToArray(),
                entries.Select(static entry => entry.AccountId).ToArray(),
                entries.Select(static entry => entry.LocationId).ToArray())
            : null,
        cancellationToken);

    public ValueTask<IReadOnlyList<InboxEntry>> ReadNewAsync(int limit, CancellationToken cancellationToken)
        => ReadAsync($"SELECT {Columns} FROM inbox i WHERE i.state = 0 ORDER BY i.no LIMIT $1", [limit], Entry, cancellationToken);

    public Task TakeAsync(IReadOnlyList<(InboxEntry Entry, IReadOnlyList<InboxKey> Keys)> taken, CancellationToken cancellationToken) => database.WriteAsync(
        async connection =>
        {
            // Another host may have read the same: what it has taken, and may have finished, stays so.
            var works = taken.SelectMany(static one => one.Keys.Select(key => (one.Entry.No, Key: key))).ToList();
            await connection.ExecuteAsync(
                """
                WITH mine AS (SELECT no FROM inbox WHERE no = ANY($1) AND state = 0 ORDER BY no FOR UPDATE),
                    claimed AS (
                        UPDATE inbox SET state = said.state FROM unnest($1::bigint[], $2::smallint[]) AS said(no, state)
                        WHERE inbox.no = said.no AND inbox.no IN (SELECT no FROM mine))
                INSERT INTO inbox_work SELECT connection, work, no FROM unnest($3::text[], $4::text[], $5::bigint[]) AS wanted(connection, work, no)
                WHERE no IN (SELECT no FROM mine) ON CONFLICT DO NOTHING
                """,
                taken.Select(static one => one.Entry.No).ToArray(),
                taken.Select(static one => one.Keys.Count == 0 ? Unclaimed : Taken).ToArray(),
                works.Select(static work => work.Key.Connection.Value).ToArray(),
                works.Select(static work => work.Key.Work).ToArray(),
                works.Select(static work => work.No).ToArray());

            await TrimAsync(connection, [.. taken.Where(static one => one.Keys.Count == 0).Select(static one => one.Entry)]);
            return true;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<InboxKey>> ListWorkAsync(CancellationToken cancellationToken)
        => ReadAsync("SELECT DISTINCT connection, work FROM inbox_work", [], static row => new InboxKey(new ConnectionId(row.GetString(0)), row.GetString(1)), cancellationToken);

    public ValueTask<IReadOnlyList<InboxEntry>> ReadWorkAsync(InboxKey key, int limit, CancellationToken cancellationToken) => ReadAsync(
        $"SELECT {Columns} FROM inbox_work w JOIN inbox i ON i.no = w.no WHERE w.connection = $1 AND w.work = $2 ORDER BY w.no LIMIT $3",
        [key.Connection.Value, key.Work, limit],
        Entry,
        cancellationToken);

    public Task FinishAsync(InboxKey key, IReadOnlyList<InboxEntry>? done, CancellationToken cancellationToken) => database.WriteAsync(
        async connection =>
        {
            // Just these and not all up to the last: one that was unclaimed for long and is new again has an old number. Under the events' locks, as
            // of two hosts that finish the last two works of one event each would see the other's.
            var numbers = done?.Select(static entry => entry.No).ToArray();
            var finished = await connection.ListAsync(
                """
                SELECT no FROM inbox WHERE no IN (SELECT no FROM inbox_work WHERE connection = $1 AND work = $2 AND ($3::bigint[] IS NULL OR no = ANY($3)))
                ORDER BY no FOR UPDATE
                """,
                static row => row.GetInt64(0),
                CancellationToken.None,
                key.Connection.Value,
                key.Work,
                numbers);
            var these = finished.ToArray();
            await using var batch = new NpgsqlBatch(connection)
                .Add("DELETE FROM inbox_work WHERE connection = $1 AND work = $2 AND no = ANY($3)", key.Connection.Value, key.Work, these)
                .Add("UPDATE inbox SET account = NULL, place = NULL WHERE no = ANY($1) AND NOT EXISTS (SELECT 1 FROM inbox_work w WHERE w.no = inbox.no)", these);
            return await batch.ExecuteNonQueryAsync();
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<InboxAccount>> ListUnclaimedAsync(CancellationToken cancellationToken) => ReadAsync(
        "SELECT DISTINCT driver, account, place FROM inbox WHERE state = 2",
        [],
        static row => new InboxAccount(new DriverId(row.GetString(0)), row.TextOf(1), row.TextOf(2)),
        cancellationToken);

    public Task ReclaimAsync(InboxAccount account, CancellationToken cancellationToken) => database.WriteAsync(
        connection => connection.ExecuteAsync(
            "UPDATE inbox SET state = 0 WHERE state = 2 AND driver = $1 AND account IS NOT DISTINCT FROM $2::text AND place IS NOT DISTINCT FROM $3::text",
            account.Driver.Value,
            account.AccountId,
            account.LocationId),
        cancellationToken);

    public async ValueTask<long> CountUnclaimedAsync(DriverId driver, CancellationToken cancellationToken) => await database.ReadAsync(
        connection => connection.FindAsync<long>("SELECT count(*) FROM inbox WHERE state = 2 AND driver = $1", cancellationToken, driver.Value), cancellationToken);

    public async Task SweepAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        const string Some = $"""
            DELETE FROM inbox WHERE no IN (SELECT no FROM inbox WHERE received_at < $1 AND state <> 0 ORDER BY no LIMIT $2 FOR UPDATE)
            """;
        while (await database.WriteAsync(connection => connection.ExecuteAsync(Some, before.ToUnixTimeMilliseconds(), SweptAtOnce), cancellationToken) > 0)
        {
        }
    }

    /// <summary>Hosts that ask at once may together go a little beyond the limit.</summary>
    private static async Task<bool> HasRoomAsync(NpgsqlConnection connection, int count)
    {
        // The distance of their numbers is at least how many they are, and is read from both ends of an index: mostly it says enough.
        return await connection.FindAsync<long>("SELECT coalesce(max(no) - min(no) + 1, 0) FROM inbox WHERE state = 0", CancellationToken.None) + count <= IInbox.MostNew
            || await connection.FindAsync<long>("SELECT count(*) FROM inbox WHERE state = 0", CancellationToken.None) + count <= IInbox.MostNew;
    }

    /// <summary>Leaves the newest of the unclaimed events of each account, and of all.</summary>
    private static async Task TrimAsync(NpgsqlConnection connection, IReadOnlyList<InboxEntry> unclaimed)
    {
        if (unclaimed.Count == 0)
        {
            return;
        }

        // A service that names no account names the location.
        await using var batch = new NpgsqlBatch(connection);
        foreach (var (driver, who) in unclaimed.Select(static entry => (entry.Driver, Who: entry.AccountId ?? entry.LocationId)).Distinct())
        {
            Add("driver = $1 AND coalesce(account, place) IS NOT DISTINCT FROM $2::text", IInbox.MostOfAccount, driver.Value, who);
        }

        Add("true", IInbox.MostUnclaimed);
        await batch.ExecuteNonQueryAsync();

        void Add(string condition, int most, params object?[] values) => batch.Add(
            $"DELETE FROM inbox WHERE state = 2 AND {condition} AND no <= (SELECT no FROM inbox WHERE state = 2 AND {condition} ORDER BY no DESC LIMIT 1 OFFSET {most})", values);
    }

    private async ValueTask<IReadOnlyList<T>> ReadAsync<T>(string sql, object?[] values, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
        => await database.ReadAsync(connection => connection.ListAsync(sql, read, cancellationToken, values), cancellationToken);

    private static InboxEntry Entry(NpgsqlDataReader row) => new()
    {
        No = row.GetInt64(0),
        Driver = new DriverId(row.GetString(1)),
        Source = row.GetString(2),
        EventId = row.GetString(3),
        Kind = Enum.Parse<ServiceEventKind>(row.GetString(4)),
        Connection = row.TextOf(5) is { } connection ? new ConnectionId(connection) : null,
        AccountId = row.TextOf(6),
        LocationId = row.TextOf(7),
        ReceivedAt = row.Instant(8),
    };
}
