using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Takes away what a connection or a tenant has here, some rows in each transaction. Writer only.</summary>
internal sealed class Eraser(Session session, Numbers numbers, RecordTable table, RecordWriter records)
{
    private const int Batch = 500;

    private readonly Statement _records = session.Prepare("SELECT stream, id FROM records WHERE connection = ?1 LIMIT ?2");

    private readonly Statement _entry = session.Prepare("SELECT previous, kind FROM changes WHERE position = ?1");

    private readonly Statement _deleteEntry = session.Prepare("DELETE FROM changes WHERE position = ?1");

    private readonly Statement _deleteRaw = session.Prepare("DELETE FROM raws WHERE position = ?1");

    /// <summary>A delete in the feed for each record that is in it; then its versions go, and all else of the connection.</summary>
    /// <returns>Whether there is more to do.</returns>
    public bool EraseSome(TenantId tenant, ConnectionId id, long at)
    {
        if (Close(tenant, id) is not { } connection)
        {
            return false;
        }

        var feed = numbers.Number(tenant);
        var batch = ReadBatch(connection.No);
        foreach (var (stream, record) in batch)
        {
            if (table.Find(connection.No, stream, record, default, out _) is { } row)
            {
                Erase(feed, row, at);
            }
        }

        return batch.Count > 0 || EraseRest(connection.No);
    }

    /// <summary>The feed starts anew at once; then all that the tenant has goes.</summary>
    /// <returns>Whether there is more to do.</returns>
    public bool EraseSome(TenantId tenant)
    {
        if (numbers.FeedOf(tenant).Pending.No == 0)
        {
            return false;
        }

        var feed = numbers.Number(tenant);
        if (feed.Pending.Last != feed.Pending.Floor)
        {
            // One past the end: a reader that had read everything learns of it too.
            var next = feed.Pending.Last + 1;
            feed.Pending = feed.Pending with { Era = feed.Pending.Era + 1, Floor = next, Last = next };
        }

        foreach (var connection in numbers.ConnectionsOf(feed))
        {
            Close(tenant, connection.Id);
            if (EraseRecords(connection.No) || EraseRest(connection.No))
            {
                return true;
            }
        }

        return DeleteRange("changes", feed.Pending) || DeleteRange("raws", feed.Pending);
    }

    // First of all, so that no run writes behind the eraser's back.
    private StoredConnection? Close(TenantId tenant, ConnectionId id)
    {
        var known = numbers.Find(id);
        if (known is { Deleted: true })
        {
            return known.Tenant == numbers.FeedOf(tenant).Pending.No ? known : null;
        }

        if (numbers.Number(id, tenant) is { } open)
        {
            numbers.Delete(open);
            return open;
        }

        return null;
    }

    private void Erase(TenantFeed feed, RecordRow row, long at)
    {
        var newest = row.Sequence;
        if (row.State != RecordState.Deleted)
        {
            records.Delete(feed, row, at, isErased: true);
        }

        table.Delete(row);
        while (newest != 0 && _entry.Bind(1, Position.Of(feed.Pending.No, newest)).Step())
        {
            var (previous, kind) = (_entry.Int64(0), (ChangeKind)_entry.Int64(1));
            _entry.Reset();
            // A delete has no body, and somebody may not have read it yet.
            if (kind == ChangeKind.Upsert)
            {
                var position = Position.Of(feed.Pending.No, newest);
                _deleteEntry.Bind(1, position).Run();
                _deleteRaw.Bind(1, position).Run();
            }

            newest = previous;
        }
    }

    private List<(long Stream, string Id)> ReadBatch(long connection)
    {
        var batch = new List<(long Stream, string Id)>(Batch);
        _records.Bind(1, connection).Bind(2, Batch);
        while (_records.Step())
        {
            batch.Add((_records.Int64(0), _records.Text(1)));
        }

        return batch;
    }

    private bool EraseRecords(long connection) =>
        DeleteSome("DELETE FROM records WHERE connection = ?1 AND (stream, id) IN (SELECT stream, id FROM records WHERE connection = ?1 LIMIT ?2)", connection)
        || DeleteSome("DELETE FROM held WHERE no IN (SELECT no FROM held WHERE connection = ?1 LIMIT ?2)", connection);

    private bool EraseRest(long connection)
    {
        if (DeleteSome("DELETE FROM days WHERE connection = ?1 AND (place, day, stream, id) IN (SELECT place, day, stream, id FROM days WHERE connection = ?1 LIMIT ?2)", connection)
            || DeleteSome("DELETE FROM closings WHERE connection = ?1 AND (place, day) IN (SELECT place, day FROM closings WHERE connection = ?1 LIMIT ?2)", connection)
            || DeleteSome("DELETE FROM runs WHERE no IN (SELECT no FROM runs WHERE connection = ?1 LIMIT ?2)", connection))
        {
            return true;
        }

        foreach (var sql in (string[])["DELETE FROM listed WHERE listing IN (SELECT no FROM listings WHERE connection = ?1)", "DELETE FROM listings WHERE connection = ?1", "DELETE FROM gaps WHERE connection = ?1", "DELETE FROM gap_looks WHERE connection = ?1", "DELETE FROM backfills WHERE connection = ?1", "DELETE FROM backfill_scopes WHERE connection = ?1", "DELETE FROM fetches WHERE connection = ?1", "DELETE FROM checkpoints WHERE connection = ?1", "DELETE FROM fences WHERE connection = ?1", "DELETE FROM mappings WHERE connection = ?1", "DELETE FROM closing_news WHERE connection = ?1"])
        {
            session.Prepare(sql).Bind(1, connection).Run();
        }

        return false;
    }

    private bool DeleteSome(string sql, long connection)
    {
        var before = session.TotalChanges;
        session.Prepare(sql).Bind(1, connection).Bind(2, Batch).Run();
        return session.TotalChanges != before;
    }

    private bool DeleteRange(string table, FeedState feed)
    {
        var before = session.TotalChanges;
        session.Prepare($"DELETE FROM {table} WHERE position IN (SELECT position FROM {table} WHERE position > ?1 AND position <= ?2 LIMIT ?3)")
            .Bind(1, Position.Of(feed.No, 0)).Bind(2, Position.Of(feed.No, feed.Floor)).Bind(3, Batch).Run();
        return session.TotalChanges != before;
    }
}
