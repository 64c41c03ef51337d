using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Carries out a mapping, some records in each transaction. Writer only.</summary>
internal sealed class MappingWriter(Session session, Numbers numbers, RecordTable table, RecordWriter records)
{
    private const int Batch = 500;

    private readonly Statement _at = session.Prepare("""
        SELECT day, stream, id FROM days WHERE connection = ?1 AND place = ?2 AND (day, stream, id) > (?3, ?4, ?5) ORDER BY day, stream, id LIMIT ?6
        """);

    private readonly Statement _live = session.Prepare("SELECT body, raw FROM changes LEFT JOIN raws USING (position) WHERE position = ?1");

    private readonly Statement _held = session.Prepare("SELECT body, raw FROM held WHERE no = ?1");

    /// <summary>Sets the mapping and moves the next records.</summary>
    /// <param name="after">Where the call before ended, or null to begin.</param>
    /// <returns>Where to go on, or null when all is done.</returns>
    public Cursor? MoveSome(TenantId tenant, ConnectionId id, string externalLocation, string? ownId, long at, Cursor? after)
    {
        if (numbers.Number(id, tenant) is not { } connection)
        {
            return null;
        }

        var feed = numbers.Number(tenant);
        var place = numbers.NumberOf(externalLocation);
        var location = numbers.NumberOf(ownId);
        numbers.Map(connection, place, location);
        var batch = ReadBatch(connection.No, place, after ?? new Cursor(-1, 0, ""));
        foreach (var key in batch)
        {
            if (table.Find(connection.No, key.Stream, key.Id, default, out _) is { State: not RecordState.Deleted } row
                && row.Place == place && row.Location != location)
            {
                Move(feed, row, location, at);
            }
        }

        return batch.Count < Batch ? null : batch[^1];
    }

    private void Move(TenantFeed feed, in RecordRow row, long location, long at)
    {
        var source = row.State == RecordState.Held ? _held.Bind(1, row.Held) : _live.Bind(1, Position.Of(feed.Pending.No, row.Sequence));
        if (source.Step())
        {
            var body = source.Bytes(0).ToArray();
            var raw = source.Bytes(1).ToArray();
            source.Reset();
            records.Move(feed, row, location, at, body, raw);
        }
    }

    private List<Cursor> ReadBatch(long connection, long place, Cursor after)
    {
        var batch = new List<Cursor>(Batch);
        _at.Bind(1, connection).Bind(2, place).Bind(3, after.Day).Bind(4, after.Stream).Bind(5, after.Id).Bind(6, Batch);
        while (_at.Step())
        {
            batch.Add(new Cursor(_at.Int64(0), _at.Int64(1), _at.Text(2)));
        }

        return batch;
    }

    /// <summary>A row of <c>days</c>.</summary>
    internal readonly record struct Cursor(long Day, long Stream, string Id);
}
