using Sous.Plugins.Host.Cluster.Postgres;

namespace Sous.Plugins.Host.Cluster.Silos;

/// <summary>
/// Where Orleans keeps which silos there are. Each host that begins to work makes a cluster of its own, so nothing in it outlives a host: the tables
/// are made where they are missing, and may be dropped while none works. What Orleans asks of them it reads from a table of that name.
/// </summary>
internal static class MembershipTables
{
    // Of Orleans.Runtime.SiloStatus.
    private const int Active = 3;

    private const string Create = """
        CREATE TABLE IF NOT EXISTS silo_clusters(
            deployment text COLLATE "C" PRIMARY KEY, version integer NOT NULL DEFAULT 0, changed_at timestamptz NOT NULL DEFAULT now());
        CREATE TABLE IF NOT EXISTS silos(
            deployment text COLLATE "C" NOT NULL REFERENCES silo_clusters ON DELETE CASCADE, address text COLLATE "C", port integer, generation integer,
            name text NOT NULL, host text NOT NULL, status integer NOT NULL, proxy_port integer, suspects text, started_at timestamptz NOT NULL, alive_at timestamptz NOT NULL,
            PRIMARY KEY (deployment, address, port, generation));
        """;

    private const string Row = "deployment = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation";

    private const string Read = """
        SELECT c.deployment AS deploymentid, address, port, generation, name AS siloname, host AS hostname, status, proxy_port AS proxyport, suspects AS suspecttimes,
            started_at AS starttime, alive_at AS iamalivetime, version
        FROM silo_clusters c LEFT JOIN silos s ON s.deployment = c.deployment
        """;

    // A write counts only with the version that was read before it; it says how many rows it changed.
    private const string Next = "WITH next AS (UPDATE silo_clusters SET version = version + 1, changed_at = now() WHERE deployment = @DeploymentId AND version = @Version RETURNING 1)";

    private static readonly (string Key, string Text)[] s_queries =
    [
        ("MembershipReadAllKey", $"{Read} WHERE c.deployment = @DeploymentId"),
        ("MembershipReadRowKey", $"{Read} AND address = @Address AND port = @Port AND generation = @Generation WHERE c.deployment = @DeploymentId"),
        ("InsertMembershipVersionKey", "WITH added AS (INSERT INTO silo_clusters(deployment) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1) SELECT count(*)::integer FROM added"),
        ("InsertMembershipKey", $"""
            {Next}, added AS (
                INSERT INTO silos(deployment, address, port, generation, name, host, status, proxy_port, started_at, alive_at)
                SELECT @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM next ON CONFLICT DO NOTHING RETURNING 1)
            SELECT count(*)::integer FROM added
            """),
        ("UpdateMembershipKey", $"""
            {Next}, changed AS (UPDATE silos SET status = @Status, suspects = @SuspectTimes, alive_at = @IAmAliveTime FROM next WHERE {Row} RETURNING 1)
            SELECT count(*)::integer FROM changed
            """),
        ("UpdateIAmAlivetimeKey", $"UPDATE silos SET alive_at = @IAmAliveTime WHERE {Row}"),
        ("DeleteMembershipTableEntriesKey", "DELETE FROM silo_clusters WHERE deployment = @DeploymentId"),
        ("GatewaysQueryKey", "SELECT address, proxy_port AS proxyport, generation FROM silos WHERE deployment = @DeploymentId AND status = @Status AND proxy_port > 0"),
        ("CleanupDefunctSiloEntriesKey", $"DELETE FROM silos WHERE deployment = @DeploymentId AND alive_at < @IAmAliveTime AND status <> {Active}"),
    ];

    /// <summary>Makes them where they are missing, and forgets the clusters of hosts that worked before.</summary>
    public static Task BeginAsync(PostgresDatabase database, CancellationToken cancellationToken) => database.WriteAsync(
        static async connection =>
        {
            await PostgresDatabase.LockAsync(connection, AdvisoryLock.Schema);
            await connection.ExecuteAsync("SET LOCAL client_min_messages = warning");
            foreach (var statement in Create.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                await connection.ExecuteAsync(statement);
            }

            var queries = string.Join(", ", s_queries.Select(static query => $"('{query.Key}'::text, '{query.Text.Replace("'", "''", StringComparison.Ordinal)}'::text)"));
            await connection.ExecuteAsync($"CREATE OR REPLACE VIEW orleansquery AS SELECT * FROM (VALUES {queries}) AS queries(querykey, querytext)");
            return await connection.ExecuteAsync("DELETE FROM silo_clusters");
        },
        cancellationToken);

    /// <summary>The cluster of the host that works, once it is there to be joined; or null.</summary>
    public static Task<string?> FindAsync(PostgresDatabase database, CancellationToken cancellationToken) => database.ReadAsync(
        async connection => await connection.FindAsync<bool>($"SELECT to_regclass('{Schema.Name}.silos') IS NOT NULL", cancellationToken)
            ? await connection.FindAsync<string>("SELECT deployment FROM silos WHERE name = $1 AND status = $2", cancellationToken, Silo.OfWorker, Active)
            : null,
        cancellationToken);
}
