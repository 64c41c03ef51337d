using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Webhooks;
using Sous.Plugins.Sdk.Webhooks;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>The inbox in the change store's file, written by its one writer in the same groups.</summary>
internal sealed class SqliteInbox : IInbox
{
    private const int Taken = 1;
    private const int Unclaimed = 2;
    private const int SweptAtOnce = 500;

    private const string Columns = "i.no, i.driver, i.source, i.event, i.kind, i.connection, i.account, i.place, i.received_at";

    private readonly GroupCommitter _writer;
    private readonly ReaderPool _readers;
    private readonly Session _session;

    // Kept beside the table: counting it for each webhook would cost more, the more of them wait.
    private long _new;

    public SqliteInbox(GroupCommitter writer, ReaderPool readers, Session session)
    {
        (_writer, _readers, _session) = (writer, readers, session);
        _new = Count(session.Prepare("SELECT COUNT(*) FROM inbox WHERE state = 0"));
    }

    public async Task<int?> KeepAsync(IReadOnlyList<InboxEntry> entries, CancellationToken cancellationToken)
    {
        if (Interlocked.Read(ref _new) + entries.Count > IInbox.MostNew)
        {
            return null;
        }

        var kept = await _writer.RunAsync(() => entries.Count(Insert), cancellationToken);
        Interlocked.Add(ref _new, kept);
        return kept;
    }

    public ValueTask<IReadOnlyList<InboxEntry>> ReadNewAsync(int limit, CancellationToken cancellationToken) => _readers.ReadAsync<IReadOnlyList<InboxEntry>>(
        session => Entries(session.Prepare($"SELECT {Columns} FROM inbox i WHERE i.state = 0 ORDER BY i.no LIMIT ?1").Bind(1, limit)), cancellationToken);

    public async Task TakeAsync(IReadOnlyList<(InboxEntry Entry, IReadOnlyList<InboxKey> Keys)> taken, CancellationToken cancellationToken)
    {
        await _writer.RunAsync(
            () =>
            {
                foreach (var (entry, keys) in taken)
                {
                    Take(entry, keys);
                }

                foreach (var entry in taken.Where(static one => one.Keys.Count == 0).Select(static one => one.Entry).DistinctBy(static entry => (entry.Driver, WhoOf(entry))))
                {
                    Trim("driver = ?1 AND coalesce(account, place) IS ?2", IInbox.MostOfAccount, entry.Driver.Value, WhoOf(entry));
                }

                Trim("?1 IS NULL AND ?2 IS NULL", IInbox.MostUnclaimed, null, null);
            },
            cancellationToken);
        Interlocked.Add(ref _new, -taken.Count);
    }

    public ValueTask<IReadOnlyList<InboxKey>> ListWorkAsync(CancellationToken cancellationToken) => _readers.ReadAsync<IReadOnlyList<InboxKey>>(
        static session =>
        {
            var keys = new List<InboxKey>();
            var rows = session.Prepare("SELECT DISTINCT connection, work FROM inbox_work");
            while (rows.Step())
            {
                keys.Add(new InboxKey(new ConnectionId(rows.Text(0)), rows.Text(1)));
            }

            return keys;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<InboxEntry>> ReadWorkAsync(InboxKey key, int limit, CancellationToken cancellationToken) => _readers.ReadAsync<IReadOnlyList<InboxEntry>>(
        session => Entries(session
            .Prepare($"SELECT {Columns} FROM inbox_work w JOIN inbox i ON i.no = w.no WHERE w.connection = ?1 AND w.work = ?2 ORDER BY w.no LIMIT ?3")
            .Bind(1, key.Connection.Value).Bind(2, key.Work).Bind(3, limit)),
        cancellationToken);

    public Task FinishAsync(InboxKey key, IReadOnlyList<InboxEntry>? done, CancellationToken cancellationToken)
    {
        // Just these and not all up to the last: one that was unclaimed for long and is new again has an old number.
        const string Done = "connection = ?1 AND work = ?2 AND (?3 IS NULL OR no IN (SELECT value FROM json_each(?3)))";
        var numbers = done is null ? null : $"[{string.Join(',', done.Select(static entry => entry.No))}]";
        return _writer.RunAsync(
            () =>
            {
                foreach (var sql in (string[])[
                    $"""
                    UPDATE inbox SET account = NULL, place = NULL
                    WHERE no IN (SELECT no FROM inbox_work WHERE {Done})
                        AND NOT EXISTS (SELECT 1 FROM inbox_work o WHERE o.no = inbox.no AND NOT (o.connection = ?1 AND o.work = ?2))
                    """,
                    $"DELETE FROM inbox_work WHERE {Done}"])
                {
                    _session.Prepare(sql).Bind(1, key.Connection.Value).Bind(2, key.Work).Bind(3, numbers).Run();
                }
            },
            cancellationToken);
    }

    public ValueTask<IReadOnlyList<InboxAccount>> ListUnclaimedAsync(CancellationToken cancellationToken) => _readers.ReadAsync<IReadOnlyList<InboxAccount>>(
        static session =>
        {
            var accounts = new List<InboxAccount>();
            var rows = session.Prepare("SELECT DISTINCT driver, account, place FROM inbox WHERE state = 2");
            while (rows.Step())
            {
                accounts.Add(new InboxAccount(new DriverId(rows.Text(0)), TextOf(rows, 1), TextOf(rows, 2)));
            }

            return accounts;
        },
        cancellationToken);

    public async Task ReclaimAsync(InboxAccount account, CancellationToken cancellationToken)
    {
        var claimed = await _writer.RunAsync(
            () =>
            {
                var before = _session.TotalChanges;
                _session.Prepare("UPDATE inbox SET state = 0 WHERE state = 2 AND driver = ?1 AND account IS ?2 AND place IS ?3")
                    .Bind(1, account.Driver.Value).Bind(2, account.AccountId).Bind(3, account.LocationId).Run();
                return _session.TotalChanges - before;
            },
            cancellationToken);
        Interlocked.Add(ref _new, claimed);
    }

    public ValueTask<long> CountUnclaimedAsync(DriverId driver, CancellationToken cancellationToken) => _readers.ReadAsync(
        session => Count(session.Prepare("SELECT COUNT(*) FROM inbox WHERE state = 2 AND driver = ?1").Bind(1, driver.Value)), cancellationToken);

    public async Task SweepAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        while (await _writer.RunAsync(() => SweepSome(before.ToUnixTimeMilliseconds()), cancellationToken))
        {
        }
    }

    private static long Count(Statement count)
    {
        count.Step();
        var counted = count.Int64(0);
        count.Reset();
        return counted;
    }

    // A service that names no account names the location.
    private static string? WhoOf(InboxEntry entry) => entry.AccountId ?? entry.LocationId;

    private static string? TextOf(Statement row, int column) => row.IsNull(column) ? null : row.Text(column);

    private static List<InboxEntry> Entries(Statement rows)
    {
        var entries = new List<InboxEntry>();
        while (rows.Step())
        {
            entries.Add(new InboxEntry
            {
                No = rows.Int64(0),
                Driver = new DriverId(rows.Text(1)),
                Source = rows.Text(2),
                EventId = rows.Text(3),
                Kind = Enum.Parse<ServiceEventKind>(rows.Text(4)),
                Connection = TextOf(rows, 5) is { } connection ? new ConnectionId(connection) : null,
                AccountId = TextOf(rows, 6),
                LocationId = TextOf(rows, 7),
                ReceivedAt = DateTimeOffset.FromUnixTimeMilliseconds(rows.Int64(8)),
            });
        }

        return entries;
    }

    private bool Insert(InboxEntry entry)
    {
        var before = _session.TotalChanges;
        _session.Prepare("""
            INSERT INTO inbox(driver, source, event, state, received_at, kind, connection, account, place)
            VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(driver, source, event) DO NOTHING
            """)
            .Bind(1, entry.Driver.Value).Bind(2, entry.Source).Bind(3, entry.EventId).Bind(4, entry.ReceivedAt.ToUnixTimeMilliseconds())
            .Bind(5, entry.Kind.ToString()).Bind(6, entry.Connection?.Value).Bind(7, entry.AccountId).Bind(8, entry.LocationId)
            .Run();
        return _session.TotalChanges != before;
    }

    private void Take(InboxEntry entry, IReadOnlyList<InboxKey> keys)
    {
        _session.Prepare("UPDATE inbox SET state = ?2 WHERE no = ?1").Bind(1, entry.No).Bind(2, keys.Count == 0 ? Unclaimed : Taken).Run();
        foreach (var key in keys)
        {
            _session.Prepare("INSERT OR IGNORE INTO inbox_work(connection, work, no) VALUES (?1, ?2, ?3)")
                .Bind(1, key.Connection.Value).Bind(2, key.Work).Bind(3, entry.No).Run();
        }
    }

    /// <summary>Leaves the newest of the unclaimed events that the condition holds for.</summary>
    private void Trim(string condition, int most, string? driver, string? who) => _session.Prepare($"""
        DELETE FROM inbox WHERE state = 2 AND {condition}
            AND no <= (SELECT no FROM inbox WHERE state = 2 AND {condition} ORDER BY no DESC LIMIT 1 OFFSET {most})
        """).Bind(1, driver).Bind(2, who).Run();

    private bool SweepSome(long before)
    {
        const string Old = "SELECT no FROM inbox WHERE received_at < ?1 AND state <> 0 LIMIT ?2";
        _session.Prepare($"DELETE FROM inbox_work WHERE no IN ({Old})").Bind(1, before).Bind(2, SweptAtOnce).Run();
        var changes = _session.TotalChanges;
        _session.Prepare($"DELETE FROM inbox WHERE no IN ({Old})").Bind(1, before).Bind(2, SweptAtOnce).Run();
        return _session.TotalChanges != changes;
    }
}
