using Npgsql;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>Rewrites the stored Raws, some in each transaction.</summary>
internal static class RawTable
{
    private const int Batch = 500;

    private const string Live = """
        SELECT w.tenant, c.connection, c.stream, c.id, w.raw, w.sequence FROM raws w
        CROSS JOIN LATERAL (SELECT * FROM changes WHERE tenant = w.tenant AND sequence = w.sequence LIMIT 1) c
        WHERE (w.tenant, w.sequence) > ($1, $2) ORDER BY w.tenant, w.sequence LIMIT $3
        """;

    private const string PutLive = """
        UPDATE raws w SET raw = u.anew FROM unnest($1::text[], $2::bigint[], $3::bytea[], $4::bytea[]) AS u(tenant, sequence, before, anew)
        WHERE w.tenant = u.tenant AND w.sequence = u.sequence AND w.raw = u.before
        """;

    private const string Held = """
        SELECT k.tenant, h.connection, h.stream, h.id, h.raw, 0::bigint FROM held h JOIN connections k ON k.id = h.connection
        WHERE (h.connection, h.stream, h.id) > ($1, $2, $3) AND h.raw <> '' ORDER BY h.connection, h.stream, h.id LIMIT $4
        """;

    private const string PutHeld = """
        UPDATE held h SET raw = u.anew FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bytea[]) AS u(connection, stream, id, before, anew)
        WHERE h.connection = u.connection AND h.stream = u.stream AND h.id = u.id AND h.raw = u.before
        """;

    public static Task<long> CountAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
        => connection.FindAsync<long>("SELECT (SELECT count(*) FROM raws) + (SELECT count(*) FROM held WHERE raw <> '')", cancellationToken);

    /// <summary>Those of the feed. A row that has changed since it was read passed the gate.</summary>
    public static Task RewriteLiveAsync(PostgresDatabase database, RawRewrite rewrite, Action<int> advanced, CancellationToken cancellationToken) => RewriteAsync(
        database, rewrite, advanced,
        (connection, last) => connection.ListAsync(Live, Read, cancellationToken, last?.Tenant.Value ?? "", last?.Sequence ?? 0L, Batch),
        (connection, rows) => connection.ExecuteAsync(
            PutLive, rows.Select(static row => row.Old.Tenant.Value).ToArray(), rows.Select(static row => row.Old.Sequence).ToArray(),
            rows.Select(static row => row.Old.Raw).ToArray(), rows.Select(static row => row.Anew).ToArray()),
        cancellationToken);

    /// <summary>Those of held records.</summary>
    /// <inheritdoc cref="RewriteLiveAsync"/>
    public static Task RewriteHeldAsync(PostgresDatabase database, RawRewrite rewrite, Action<int> advanced, CancellationToken cancellationToken) => RewriteAsync(
        database, rewrite, advanced,
        (connection, last) => connection.ListAsync(Held, Read, cancellationToken, last?.Connection.Value ?? "", last?.Stream.Value ?? "", last?.Id ?? "", Batch),
        (connection, rows) => connection.ExecuteAsync(
            PutHeld, rows.Select(static row => row.Old.Connection.Value).ToArray(), rows.Select(static row => row.Old.Stream.Value).ToArray(),
            rows.Select(static row => row.Old.Id).ToArray(), rows.Select(static row => row.Old.Raw).ToArray(), rows.Select(static row => row.Anew).ToArray()),
        cancellationToken);

    private static async Task RewriteAsync(
        PostgresDatabase database, RawRewrite rewrite, Action<int> advanced,
        Func<NpgsqlConnection, StoredRaw?, Task<List<StoredRaw>>> read, Func<NpgsqlConnection, List<(StoredRaw Old, byte[] Anew)>, Task<int>> put, CancellationToken cancellationToken)
    {
        StoredRaw? last = null;
        while (await database.ReadAsync(connection => read(connection, last), cancellationToken) is { Count: > 0 } batch)
        {
            var rewritten = new List<(StoredRaw Old, byte[] Anew)>();
            foreach (var raw in batch)
            {
                if (rewrite(raw.Tenant, raw.Connection, raw.Stream, raw.Id, raw.Raw) is { } anew)
                {
                    rewritten.Add((raw, anew));
                }
            }

            if (rewritten.Count > 0)
            {
                await database.WriteAsync(connection => put(connection, rewritten), cancellationToken);
            }

            last = batch[^1];
            advanced(batch.Count);
        }
    }

    private static StoredRaw Read(NpgsqlDataReader row) => new(
        new TenantId(row.GetString(0)), new ConnectionId(row.GetString(1)), new StreamName(row.GetString(2)), row.GetString(3), row.GetFieldValue<byte[]>(4), row.GetInt64(5));

    private sealed record StoredRaw(TenantId Tenant, ConnectionId Connection, StreamName Stream, string Id, byte[] Raw, long Sequence);
}
