using Npgsql;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>
/// Writes <see cref="RecordChanges"/> in a few statements, however many records they are. The feed's row is taken last, as all
/// writers do, and held to the commit: only what needs the sequences is written after it.
/// </summary>
internal static class RecordStatements
{
    /// <summary>Deletes rows of a connection's records by stream and id.</summary>
    public const string Delete = "DELETE FROM records r USING unnest($2::text[], $3::text[]) AS u(stream, id) WHERE r.connection = $1 AND r.stream = u.stream AND r.id = u.id";

    // Entries and records name an entry of this transaction by a number below 0; the feed's row tells where those begin.
    private const string Entries = """
        INSERT INTO changes(tenant, sequence, previous, connection, stream, type, kind, location, place, day, version, changed_at, id, body)
        SELECT f.id, f.last - $2::bigint + e.no, CASE WHEN e.previous < 0 THEN f.last - $2::bigint - e.previous ELSE e.previous END,
            $3, e.stream, e.type, e.kind, e.location, e.place, e.day, e.version, $4::bigint, e.id, e.body
        FROM tenants f, unnest($5::bigint[], $6::text[], $7::text[], $8::integer[], $9::text[], $10::text[], $11::integer[], $12::bigint[], $13::text[], $14::bytea[])
            WITH ORDINALITY AS e(previous, stream, type, kind, location, place, day, version, id, body, no)
        WHERE f.id = $1
        """;

    private const string Raws = """
        INSERT INTO raws(tenant, sequence, raw) SELECT f.id, f.last - $2::bigint + r.no, r.raw FROM tenants f, unnest($3::bigint[], $4::bytea[]) AS r(no, raw) WHERE f.id = $1
        """;

    private const string Records = """
        INSERT INTO records(connection, stream, id, type, state, location, place, day, sequence, version, hash)
        SELECT $3, r.stream, r.id, r.type, r.state, r.location, r.place, r.day, CASE WHEN r.sequence < 0 THEN f.last - $2::bigint - r.sequence ELSE r.sequence END, r.version, r.hash
        FROM tenants f, unnest($4::text[], $5::text[], $6::text[], $7::integer[], $8::text[], $9::text[], $10::integer[], $11::bigint[], $12::bigint[], $13::bytea[])
            AS r(stream, id, type, state, location, place, day, sequence, version, hash)
        WHERE f.id = $1
        ON CONFLICT (connection, stream, id) DO UPDATE SET type = excluded.type, state = excluded.state, location = excluded.location, place = excluded.place,
            day = excluded.day, sequence = excluded.sequence, version = excluded.version, hash = excluded.hash
        """;

    private const string Held = """
        INSERT INTO held(connection, stream, id, place, changed_at, body, raw)
        SELECT $1, h.stream, h.id, h.place, $2, h.body, h.raw FROM unnest($3::text[], $4::text[], $5::text[], $6::bytea[], $7::bytea[]) AS h(stream, id, place, body, raw)
        ON CONFLICT (connection, stream, id) DO UPDATE SET place = excluded.place, changed_at = excluded.changed_at, body = excluded.body, raw = excluded.raw
        """;

    private const string Days = """
        INSERT INTO days(connection, place, day, stream, id)
        SELECT $1, d.place, d.day, d.stream, d.id FROM unnest($2::text[], $3::integer[], $4::text[], $5::text[]) AS d(place, day, stream, id) ON CONFLICT DO NOTHING
        """;

    /// <summary>Adds the statements. The one that answers with rows tells the feed's newest sequence.</summary>
    public static NpgsqlBatch AddRecords(this NpgsqlBatch batch, RecordChanges changes)
    {
        AddRest(batch, changes);
        var count = changes.Entries.Count;
        if (count == 0)
        {
            batch.Add("SELECT last FROM tenants WHERE id = $1", changes.Tenant.Value);
        }
        else
        {
            batch.Add("UPDATE tenants SET last = last + $2 WHERE id = $1 RETURNING last", changes.Tenant.Value, (long)count);
            AddEntries(batch, changes);
        }

        if (changes.Put.Count > 0)
        {
            var rows = changes.Put;
            batch.Add(
                Records, changes.Tenant.Value, (long)count, changes.Connection.Value, Column(rows, static r => r.Stream), Column(rows, static r => r.Id), Column(rows, static r => r.Type),
                Column(rows, static r => (int)r.State), Column(rows, static r => r.Location), Column(rows, static r => r.Place), Column(rows, static r => r.Day),
                Column(rows, static r => r.Sequence), Column(rows, static r => r.Version), Column(rows, static r => r.Hash));
        }

        return batch;
    }

    private static void AddEntries(NpgsqlBatch batch, RecordChanges changes)
    {
        var rows = changes.Entries;
        batch.Add(
            Entries, changes.Tenant.Value, (long)rows.Count, changes.Connection.Value, changes.At.ToUnixTimeMilliseconds(), Column(rows, static e => e.Previous),
            Column(rows, static e => e.Stream), Column(rows, static e => e.Type), Column(rows, static e => (int)e.Kind), Column(rows, static e => e.Location),
            Column(rows, static e => e.Place), Column(rows, static e => e.Day), Column(rows, static e => e.Version), Column(rows, static e => e.Id), Column(rows, static e => e.Body));
        var raws = rows.Index().Where(static row => !row.Item.Raw.IsEmpty).ToList();
        if (raws.Count > 0)
        {
            batch.Add(Raws, changes.Tenant.Value, (long)rows.Count, Column(raws, static row => (long)row.Index + 1), Column(raws, static row => row.Item.Raw));
        }
    }

    private static void AddRest(NpgsqlBatch batch, RecordChanges changes)
    {
        var connection = changes.Connection.Value;
        if (changes.Marks.Count > 0)
        {
            ClosingMarks.Add(batch, changes.Connection, changes.Marks);
        }

        if (changes.Changed.Count > 0)
        {
            var rows = changes.Changed;
            batch.Add(ClosingMarks.CountOthers, connection, Column(rows, static d => d.Place), Column(rows, static d => d.Day), Column(rows, static d => d.Stream), Column(rows, static d => d.Id));
        }

        if (changes.Released.Count > 0)
        {
            batch.Add(
                "DELETE FROM held h USING unnest($2::text[], $3::text[]) AS u(stream, id) WHERE h.connection = $1 AND h.stream = u.stream AND h.id = u.id",
                connection, Column(changes.Released, static r => r.Stream), Column(changes.Released, static r => r.Id));
        }

        if (changes.Held.Count > 0)
        {
            var rows = changes.Held;
            batch.Add(
                Held, connection, changes.At.ToUnixTimeMilliseconds(), Column(rows, static h => h.Record.Stream), Column(rows, static h => h.Record.Id),
                Column(rows, static h => h.Record.Place), Column(rows, static h => h.Body), Column(rows, static h => h.Raw));
        }

        if (changes.Days.Count > 0)
        {
            var rows = changes.Days;
            batch.Add(Days, connection, Column(rows, static d => d.Place), Column(rows, static d => d.Day), Column(rows, static d => d.Stream), Column(rows, static d => d.Id));
        }

        if (changes.Removed.Count > 0)
        {
            batch.Add(Delete, connection, Column(changes.Removed, static r => r.Stream), Column(changes.Removed, static r => r.Id));
        }
    }

    private static TValue[] Column<TRow, TValue>(IReadOnlyCollection<TRow> rows, Func<TRow, TValue> column)
    {
        var values = new TValue[rows.Count];
        var i = 0;
        foreach (var row in rows)
        {
            values[i++] = column(row);
        }

        return values;
    }
}
