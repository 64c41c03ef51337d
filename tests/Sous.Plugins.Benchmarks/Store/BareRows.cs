using Microsoft.Data.Sqlite;
using Sous.Plugins.Host.Changes;

namespace Sous.Plugins.Benchmarks.Store;

/// <summary>The same rows as the change store's: an entry with the body, the record's newest state, its day, its Raw, the checkpoint.</summary>
internal sealed class BareRows : BareSqlite
{
    private readonly SqliteCommand _change;
    private readonly SqliteCommand _record;
    private readonly SqliteCommand _raw;
    private readonly SqliteCommand _day;
    private readonly SqliteCommand _checkpoint;
    private readonly SqliteCommand _read;
    private long _position;

    public BareRows(string path)
        : base(path)
    {
        Execute("""
            CREATE TABLE changes(
                position INTEGER PRIMARY KEY, previous INTEGER NOT NULL, connection INTEGER NOT NULL, stream INTEGER NOT NULL,
                type INTEGER NOT NULL, kind INTEGER NOT NULL, location INTEGER NOT NULL, place INTEGER NOT NULL, day INTEGER NOT NULL,
                version INTEGER NOT NULL, changed_at INTEGER NOT NULL, id TEXT NOT NULL, body BLOB) STRICT;
            CREATE TABLE raws(position INTEGER PRIMARY KEY, stored_at INTEGER NOT NULL, raw BLOB NOT NULL) STRICT;
            CREATE TABLE records(
                connection INTEGER NOT NULL, stream INTEGER NOT NULL, id TEXT NOT NULL, type INTEGER NOT NULL, state INTEGER NOT NULL,
                location INTEGER NOT NULL, place INTEGER NOT NULL, day INTEGER NOT NULL, sequence INTEGER NOT NULL, version INTEGER NOT NULL,
                held INTEGER NOT NULL, hash BLOB, PRIMARY KEY(connection, stream, id)) STRICT, WITHOUT ROWID;
            CREATE TABLE days(
                connection INTEGER NOT NULL, place INTEGER NOT NULL, day INTEGER NOT NULL, stream INTEGER NOT NULL, id TEXT NOT NULL,
                PRIMARY KEY(connection, place, day, stream, id)) STRICT, WITHOUT ROWID;
            """);
        _change = Prepare("INSERT INTO changes VALUES (?1, 0, 1, 2, 3, 0, 4, 5, ?2, 1, ?3, ?4, ?5)", 5);
        _record = Prepare("""
            INSERT INTO records VALUES (1, 2, ?1, 3, 0, 4, 5, ?2, ?3, 1, 0, ?4)
            ON CONFLICT DO UPDATE SET day = excluded.day, sequence = excluded.sequence, version = version + 1, hash = excluded.hash
            """, 4);
        _raw = Prepare("INSERT INTO raws VALUES (?1, ?2, ?3)", 3);
        _day = Prepare("INSERT OR IGNORE INTO days VALUES (1, 5, ?1, 2, ?2)", 2);
        _checkpoint = Prepare("INSERT INTO checkpoints VALUES ('scope', ?1) ON CONFLICT DO UPDATE SET value = excluded.value", 1);
        _read = Prepare("SELECT position, connection, stream, type, kind, location, version, changed_at, id, body FROM changes WHERE position > ?1 ORDER BY position LIMIT ?2", 2);
    }

    public override void Commit(RecordChange[] page, string checkpoint)
    {
        using var transaction = Connection.BeginTransaction();
        foreach (var change in page)
        {
            long day = change.BusinessDate?.DayNumber ?? 0;
            Run(_change, transaction, ++_position, day, 1_770_000_000_000L, change.Id, Bytes(change.Body));
            if (!change.Raw.IsEmpty)
            {
                Run(_raw, transaction, _position, 1_770_000_000_000L, Bytes(change.Raw));
            }

            Run(_record, transaction, change.Id, day, _position, Bytes(change.Hash));
            Run(_day, transaction, day, change.Id);
        }

        Run(_checkpoint, transaction, checkpoint);
        transaction.Commit();
    }

    /// <summary>Reads the whole feed, a thousand at a time, each entry into an object.</summary>
    public int ReadAll(int limit)
    {
        var (after, read) = (0L, 0);
        for (var count = limit; count == limit; read += count)
        {
            var page = new List<Entry>(limit);
            _read.Parameters[0].Value = after;
            _read.Parameters[1].Value = limit;
            using var rows = _read.ExecuteReader();
            while (rows.Read())
            {
                page.Add(new Entry(
                    rows.GetInt64(0), rows.GetInt64(1), rows.GetInt64(2), rows.GetInt64(3), rows.GetInt64(4), rows.GetInt64(5),
                    rows.GetInt64(6), rows.GetInt64(7), rows.GetString(8), rows.GetFieldValue<byte[]>(9)));
            }

            count = page.Count;
            after = count == 0 ? after : page[^1].Position;
        }

        return read;
    }

    private sealed record Entry(
        long Position, long Connection, long Stream, long Type, long Kind, long Location, long Version, long ChangedAt, string Id, byte[] Body);
}
