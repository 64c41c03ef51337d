using Npgsql;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>Takes away what a connection or a tenant has here, some rows in each transaction, with the connection held alone.</summary>
internal static class Eraser
{
    private const int Batch = 500;

    // A delete has no body, and somebody may not have read it yet.
    private static readonly string s_versions = $"""
        WITH RECURSIVE versions AS (
            SELECT c.sequence, c.previous, c.kind FROM unnest($2::bigint[]) AS u(sequence)
            CROSS JOIN LATERAL (SELECT sequence, previous, kind FROM changes WHERE tenant = $1 AND sequence = u.sequence LIMIT 1) c
            UNION ALL
            SELECT c.sequence, c.previous, c.kind FROM versions v
            CROSS JOIN LATERAL (SELECT sequence, previous, kind FROM changes WHERE tenant = $1 AND sequence = v.previous LIMIT 1) c),
        raw AS (DELETE FROM raws WHERE tenant = $1 AND sequence IN (SELECT sequence FROM versions))
        DELETE FROM changes WHERE tenant = $1 AND sequence IN (SELECT sequence FROM versions WHERE kind = {(int)ChangeKind.Upsert})
        """;

    // Many rows each: held before they are named by the place where they lie, which moves when a row is written.
    private static readonly string[] s_many = [.. new[] { "records", "held", "days", "closings", "runs" }.Select(static table => $"""
        WITH next AS (SELECT ctid FROM {table} WHERE connection = $1 LIMIT {Batch} FOR UPDATE) DELETE FROM {table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM next))
        """)];

    private static readonly string[] s_few =
    [
        .. new[] { "listings", "gaps", "gap_looks", "backfills", "backfill_scopes", "fetches", "checkpoints", "fences", "mappings", "closing_news" }
            .Select(static table => $"DELETE FROM {table} WHERE connection = $1"),
    ];

    /// <summary>A delete in the feed for each record that is in it; then its versions go, and all else of the connection.</summary>
    /// <returns>Whether there is more to do.</returns>
    public static async Task<bool> EraseSomeAsync(NpgsqlConnection connection, TenantId tenant, ConnectionId id, DateTimeOffset at)
    {
        if (!await CloseAsync(connection, tenant, id))
        {
            return false;
        }

        var batch = await connection.ListAsync($"SELECT {RecordRow.Columns} FROM records r WHERE connection = $1 LIMIT {Batch}", RecordRow.Read, CancellationToken.None, id.Value);
        if (batch.Count == 0)
        {
            return await EraseRestAsync(connection, id);
        }

        await EraseAsync(connection, new RecordChanges(tenant, id, at, null), batch);
        return true;
    }

    /// <summary>The feed starts anew at once; then all that the tenant has goes.</summary>
    /// <returns>Whether there is more to do.</returns>
    public static async Task<bool> EraseSomeAsync(NpgsqlConnection connection, TenantId tenant)
    {
        var more = false;
        foreach (var id in await connection.ListAsync("SELECT id FROM connections WHERE tenant = $1 ORDER BY id", static row => new ConnectionId(row.GetString(0)), CancellationToken.None, tenant.Value))
        {
            await CloseAsync(connection, tenant, id);
            more = more || await EraseRestAsync(connection, id);
        }

        // One past the end: a reader that had read everything learns of it too.
        await connection.ExecuteAsync("UPDATE tenants SET era = era + 1, floor = last + 1, last = last + 1 WHERE id = $1 AND last <> floor", tenant.Value);
        return more || await EraseFeedAsync(connection, tenant, "changes") || await EraseFeedAsync(connection, tenant, "raws");
    }

    private static async Task<bool> EraseFeedAsync(NpgsqlConnection connection, TenantId tenant, string table) => await connection.ExecuteAsync(
        $"""
        DELETE FROM {table} WHERE tenant = $1 AND sequence IN (
            SELECT sequence FROM {table} WHERE tenant = $1 AND sequence <= (SELECT floor FROM tenants WHERE id = $1) ORDER BY sequence LIMIT {Batch})
        """,
        tenant.Value) > 0;

    // First of all, so that no run writes behind the eraser's back.
    private static async Task<bool> CloseAsync(NpgsqlConnection connection, TenantId tenant, ConnectionId id)
    {
        if (await ConnectionTable.LockAsync(connection, id, tenant) is not { } known)
        {
            return false;
        }

        if (!known.Deleted)
        {
            await connection.ExecuteAsync("UPDATE connections SET deleted = true WHERE id = $1", id.Value);
        }

        return true;
    }

    private static async Task EraseAsync(NpgsqlConnection connection, RecordChanges changes, List<RecordRow> rows)
    {
        var newest = rows.Where(static row => row.Sequence != 0).Select(static row => row.Sequence).ToArray();
        foreach (var row in rows.Where(static row => row.State != RecordState.Deleted))
        {
            changes.Delete(row, isErased: true);
        }

        await using var batch = new NpgsqlBatch(connection).AddRecords(changes);
        batch.Add(s_versions, changes.Tenant.Value, newest);
        batch.Add(
            RecordStatements.Delete, changes.Connection.Value, rows.Select(static row => row.Stream).ToArray(), rows.Select(static row => row.Id).ToArray());
        await batch.ReadNumberAsync();
    }

    private static async Task<bool> EraseRestAsync(NpgsqlConnection connection, ConnectionId id)
    {
        foreach (var statement in s_many)
        {
            if (await connection.ExecuteAsync(statement, id.Value) > 0)
            {
                return true;
            }
        }

        await using var batch = new NpgsqlBatch(connection);
        foreach (var statement in s_few)
        {
            batch.Add(statement, id.Value);
        }

        await batch.ExecuteNonQueryAsync();
        return false;
    }
}
