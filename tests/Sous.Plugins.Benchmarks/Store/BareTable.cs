using Microsoft.Data.Sqlite;
using Sous.Plugins.Host.Changes;

namespace Sous.Plugins.Benchmarks.Store;

/// <summary>The least that keeps the records at all: one table, one row a record, no feed, no versions, no days.</summary>
internal sealed class BareTable : BareSqlite
{
    private readonly SqliteCommand _record;
    private readonly SqliteCommand _checkpoint;

    public BareTable(string path)
        : base(path)
    {
        Execute("CREATE TABLE records(id TEXT PRIMARY KEY, hash BLOB NOT NULL, body BLOB NOT NULL) STRICT");
        _record = Prepare("INSERT INTO records VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET hash = excluded.hash, body = excluded.body", 3);
        _checkpoint = Prepare("INSERT INTO checkpoints VALUES ('scope', ?1) ON CONFLICT DO UPDATE SET value = excluded.value", 1);
    }

    public override void Commit(RecordChange[] page, string checkpoint)
    {
        using var transaction = Connection.BeginTransaction();
        foreach (var change in page)
        {
            Run(_record, transaction, change.Id, Bytes(change.Hash), Bytes(change.Body));
        }

        Run(_checkpoint, transaction, checkpoint);
        transaction.Commit();
    }
}
