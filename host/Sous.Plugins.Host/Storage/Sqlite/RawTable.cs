using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Rewrites the stored Raws, some in each transaction: found and rewritten beside the writer, which only puts them in place.</summary>
internal sealed class RawTable(Session writer, Numbers numbers)
{
    private const int Batch = 500;

    private const string Count = "SELECT (SELECT COUNT(*) FROM raws) + (SELECT COUNT(*) FROM held WHERE raw IS NOT NULL)";

    private const string Live = """
        SELECT r.position, c.stream, c.id, r.raw, c.connection FROM raws r JOIN changes c ON c.position = r.position
        WHERE r.position > ?1 ORDER BY r.position LIMIT ?2
        """;

    private const string Held = """
        SELECT h.no, r.stream, r.id, h.raw FROM records r CROSS JOIN held h ON h.no = r.held
        WHERE r.connection = ?1 AND (r.stream, r.id) > (?2, ?3) AND r.state = 2 AND h.raw IS NOT NULL ORDER BY r.stream, r.id LIMIT ?4
        """;

    private readonly Statement _putLive = writer.Prepare("UPDATE raws SET raw = ?3 WHERE position = ?1 AND raw = ?2");

    private readonly Statement _putHeld = writer.Prepare("UPDATE held SET raw = ?3 WHERE no = ?1 AND raw = ?2");

    public static long CountAll(Session reader)
    {
        var count = reader.Prepare(Count);
        var all = count.Step() ? count.Int64(0) : 0;
        count.Reset();
        return all;
    }

    /// <summary>The next rows of the feed, rewritten where they are to be.</summary>
    public RawBatch ReadLive(Session reader, RawBatch.Cursor after, RawRewrite rewrite)
    {
        var batch = new RawBatch(isHeld: false, after);
        var rows = reader.Prepare(Live).Bind(1, after.Row).Bind(2, Batch);
        while (rows.Step())
        {
            Add(batch, rows, numbers.ConnectionOf(rows.Int64(4)), rewrite);
        }

        return batch;
    }

    /// <summary>The next rows that a connection holds.</summary>
    public RawBatch ReadHeld(Session reader, StoredConnection connection, RawBatch.Cursor after, RawRewrite rewrite)
    {
        var batch = new RawBatch(isHeld: true, after);
        var rows = reader.Prepare(Held).Bind(1, connection.No).Bind(2, after.Stream).Bind(3, after.Id).Bind(4, Batch);
        while (rows.Step())
        {
            Add(batch, rows, connection.Id, rewrite);
        }

        return batch;
    }

    /// <summary>Puts them in place of what was read; a row that has changed meanwhile passed the gate. Writer only.</summary>
    public void Put(RawBatch batch)
    {
        var statement = batch.IsHeld ? _putHeld : _putLive;
        foreach (var (row, before, after) in batch.Rewritten)
        {
            statement.Bind(1, row).Bind(2, before).Bind(3, after).Run();
        }
    }

    private void Add(RawBatch batch, Statement row, ConnectionId connection, RawRewrite rewrite)
    {
        var at = new RawBatch.Cursor(row.Int64(0), row.Int64(1), row.Text(2));
        batch.Add(at);
        if (numbers.TenantOf(connection) is { } tenant && rewrite(tenant, connection, new StreamName(numbers.NameOf(at.Stream)), at.Id, row.Bytes(3)) is { } anew)
        {
            batch.Rewritten.Add((at.Row, row.Bytes(3).ToArray(), anew));
        }
    }
}
