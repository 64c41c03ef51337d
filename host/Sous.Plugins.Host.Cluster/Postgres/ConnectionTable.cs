using Npgsql;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>
/// Whose connection it is and whether it is deleted. Who writes anything of a connection holds its row first, so that nothing is
/// written behind the back of who deletes or maps it, who holds it alone.
/// </summary>
internal static class ConnectionTable
{
    public const string Share = "SELECT tenant, deleted FROM connections WHERE id = $1 FOR SHARE";

    /// <summary>The same as a part of a statement, whose first two values are the connection and its tenant: one row where it is that tenant's and not deleted.</summary>
    public const string ShareOwned = "SELECT FROM connections WHERE id = $1 AND tenant = $2 AND NOT deleted FOR SHARE";

    private const string Alone = "SELECT tenant, deleted FROM connections WHERE id = $1 FOR UPDATE";

    /// <summary>Holds it beside others until the transaction ends; one that is new is the tenant's from now on.</summary>
    /// <param name="tenant">Null for whosever it is.</param>
    /// <returns>False where it was deleted or is another tenant's.</returns>
    public static async Task<bool> ShareAsync(NpgsqlConnection connection, ConnectionId id, TenantId? tenant) => await HoldAsync(connection, Share, id, tenant) is { Deleted: false };

    /// <summary>Holds it alone until the transaction ends; one that is new is the tenant's from now on.</summary>
    /// <returns>Null where it is another tenant's.</returns>
    public static Task<StoredConnection?> LockAsync(NpgsqlConnection connection, ConnectionId id, TenantId tenant) => HoldAsync(connection, Alone, id, tenant);

    /// <summary>Those that are not deleted.</summary>
    public static Task<List<ConnectionId>> ListAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        connection.ListAsync("SELECT id FROM connections WHERE NOT deleted ORDER BY id", static row => new ConnectionId(row.GetString(0)), cancellationToken);

    public static StoredConnection Read(NpgsqlDataReader row) => new(row.TextOf(0) is { } tenant ? new TenantId(tenant) : null, row.GetBoolean(1));

    private static async Task<StoredConnection?> HoldAsync(NpgsqlConnection connection, string how, ConnectionId id, TenantId? tenant)
    {
        while (true)
        {
            var known = await connection.FindAsync(how, Read, CancellationToken.None, id.Value);
            if (known is not null && (known.Deleted || known.Tenant is not null || tenant is null))
            {
                return tenant is null || known.Tenant == tenant ? known : null;
            }

            // Whoever is first makes it; the second look tells who was.
            await using var batch = new NpgsqlBatch(connection);
            if (tenant is { } owner)
            {
                batch.Add("INSERT INTO tenants(id) VALUES ($1) ON CONFLICT DO NOTHING", owner.Value);
            }

            batch.Add(
                """
                INSERT INTO connections(id, tenant, deleted) VALUES ($1, $2::text, false)
                ON CONFLICT (id) DO UPDATE SET tenant = excluded.tenant WHERE connections.tenant IS NULL AND NOT connections.deleted
                """,
                id.Value,
                tenant?.Value);
            await batch.ExecuteNonQueryAsync(CancellationToken.None);
        }
    }
}
