using Npgsql;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>Carries out a mapping, some records in each transaction. The connection is held alone, so that no page is committed by the mapping of before.</summary>
internal static class MappingWriter
{
    // Their bodies are in memory together.
    private const int Batch = 200;

    private const string Next = $"""
        SELECT {RecordRow.Columns}, coalesce(h.body, c.body), coalesce(h.raw, w.raw, ''), d.day
        FROM (SELECT day, stream, id FROM days WHERE connection = $1 AND place = $2 AND (day, stream, id) > ($3, $4, $5) ORDER BY day, stream, id LIMIT $6) d
        CROSS JOIN LATERAL (SELECT * FROM records WHERE connection = $1 AND stream = d.stream AND id = d.id LIMIT 1) r
        LEFT JOIN held h ON h.connection = $1 AND h.stream = d.stream AND h.id = d.id
        LEFT JOIN changes c ON c.tenant = $7 AND c.sequence = r.sequence AND r.state = 0
        LEFT JOIN raws w ON w.tenant = $7 AND w.sequence = r.sequence AND r.state = 0
        ORDER BY d.day, d.stream, d.id
        """;

    /// <summary>Sets the mapping and moves the next records.</summary>
    /// <param name="after">Where the call before ended, or null to begin.</param>
    /// <returns>Where to go on, or null when all is done.</returns>
    public static async Task<Cursor?> MoveSomeAsync(
        NpgsqlConnection connection, TenantId tenant, ConnectionId id, string place, string location, DateTimeOffset at, Cursor? after, RawRewrite? gate)
    {
        if (await ConnectionTable.LockAsync(connection, id, tenant) is not { Deleted: false })
        {
            return null;
        }

        await SetAsync(connection, id, place, location);
        var from = after ?? new Cursor(-1, "", "");
        var rows = await connection.ListAsync(
            Next, Moving.Read, CancellationToken.None, id.Value, place, from.Day, from.Stream, from.Id, Batch, tenant.Value);
        var records = new RecordChanges(tenant, id, at, gate);
        // A record stands there once for each of its days.
        foreach (var (row, body, raw, _) in rows.DistinctBy(static moving => (moving.Row.Stream, moving.Row.Id)))
        {
            if (body is not null && row.Place == place && row.Location != location)
            {
                records.Move(row, location, body, raw);
            }
        }

        if (records.Put.Count > 0)
        {
            await using var batch = new NpgsqlBatch(connection);
            await batch.AddRecords(records).ReadNumberAsync();
        }

        return rows.Count < Batch ? null : rows[^1].Cursor;
    }

    private static async Task SetAsync(NpgsqlConnection connection, ConnectionId id, string place, string location)
    {
        if (location.Length == 0)
        {
            await connection.ExecuteAsync("DELETE FROM mappings WHERE connection = $1 AND place = $2", id.Value, place);
        }
        else
        {
            await connection.ExecuteAsync(
                "INSERT INTO mappings(connection, place, location) VALUES ($1, $2, $3) ON CONFLICT (connection, place) DO UPDATE SET location = excluded.location", id.Value, place, location);
        }
    }

    /// <summary>A row of <c>days</c>.</summary>
    internal sealed record Cursor(int Day, string Stream, string Id);

    private sealed record Moving(RecordRow Row, byte[]? Body, byte[] Raw, Cursor Cursor)
    {
        public static Moving Read(NpgsqlDataReader row)
        {
            var record = RecordRow.Read(row);
            return new Moving(
                record, row.IsDBNull(RecordRow.Width) ? null : row.GetFieldValue<byte[]>(RecordRow.Width), row.GetFieldValue<byte[]>(RecordRow.Width + 1),
                new Cursor(row.GetInt32(RecordRow.Width + 2), record.Stream, record.Id));
        }
    }
}
