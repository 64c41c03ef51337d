using Npgsql;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Backfills;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>Backfills beside the runs that carry them out.</summary>
internal sealed class PostgresBackfills(PostgresDatabase database) : IBackfills
{
    public const string Tables = """
        -- A sync's business days that were asked for, both inclusive. quiet: for its quiet hours only. done_from: from that day on the scope has all.
        CREATE TABLE backfills(
            connection text COLLATE "C" NOT NULL, stream text COLLATE "C" NOT NULL, first_day integer NOT NULL, last_day integer NOT NULL,
            quiet boolean NOT NULL, PRIMARY KEY(connection, stream));
        CREATE TABLE backfill_scopes(
            connection text COLLATE "C" NOT NULL, stream text COLLATE "C" NOT NULL, place text COLLATE "C" NOT NULL, done_from integer NOT NULL,
            PRIMARY KEY(connection, stream, place));
        """;

    private const string Open = """
        INSERT INTO backfills(connection, stream, first_day, last_day, quiet) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (connection, stream) DO UPDATE SET first_day = excluded.first_day, last_day = excluded.last_day, quiet = excluded.quiet
        """;

    private const string ForgetScopes = "DELETE FROM backfill_scopes WHERE connection = $1 AND stream = $2";

    private const string NoteDone = """
        INSERT INTO backfill_scopes(connection, stream, place, done_from) VALUES ($1, $2, $3, $4)
        ON CONFLICT (connection, stream, place) DO UPDATE SET done_from = excluded.done_from
        """;

    public Task OpenAsync(Backfill backfill, CancellationToken cancellationToken) => database.WriteAsync(
        async connection =>
        {
            if (!await ConnectionTable.ShareAsync(connection, backfill.Sync.Connection, tenant: null))
            {
                return 0;
            }

            var (id, stream) = (backfill.Sync.Connection.Value, backfill.Sync.Stream.Value);
            await using var batch = new NpgsqlBatch(connection)
                .Add(Open, id, stream, backfill.From.DayNumber, backfill.To.DayNumber, backfill.OnlyInQuietHours)
                .Add(ForgetScopes, id, stream);
            return await batch.ExecuteNonQueryAsync(CancellationToken.None);
        },
        cancellationToken);

    public async ValueTask<IReadOnlyList<(TenantId Tenant, Backfill Backfill)>> ListAsync(CancellationToken cancellationToken) => await database.ReadAsync(
        reader => reader.ListAsync(
            "SELECT k.tenant, b.connection, b.stream, b.first_day, b.last_day, b.quiet FROM backfills b JOIN connections k ON k.id = b.connection AND k.tenant IS NOT NULL",
            static row => (new TenantId(row.GetString(0)), new Backfill(
                new SyncKey(new ConnectionId(row.GetString(1)), new StreamName(row.GetString(2))),
                row.Day(3),
                row.Day(4),
                row.GetBoolean(5))),
            cancellationToken),
        cancellationToken);

    public async ValueTask<DateOnly?> FindDoneAsync(Scope scope, CancellationToken cancellationToken) => await database.ReadAsync(
        reader => reader.FindAsync(
            "SELECT done_from FROM backfill_scopes WHERE connection = $1 AND stream = $2 AND place = $3",
            static row => row.DayOf(0),
            cancellationToken,
            scope.Connection.Value,
            scope.Stream.Value,
            scope.Location ?? ""),
        cancellationToken);

    public Task NoteDoneAsync(TenantId tenant, Scope scope, long fence, DateOnly from, CancellationToken cancellationToken) => database.WriteAsync(
        async connection =>
        {
            await FenceTable.AdmitAsync(connection, tenant, scope, fence);
            return await connection.ExecuteAsync(NoteDone, scope.Connection.Value, scope.Stream.Value, scope.Location ?? "", from.DayNumber);
        },
        cancellationToken);

    public Task ForgetAsync(SyncKey sync, CancellationToken cancellationToken) => database.WriteAsync(
        async connection =>
        {
            await using var batch = new NpgsqlBatch(connection)
                .Add("DELETE FROM backfills WHERE connection = $1 AND stream = $2", sync.Connection.Value, sync.Stream.Value)
                .Add(ForgetScopes, sync.Connection.Value, sync.Stream.Value);
            return await batch.ExecuteNonQueryAsync(CancellationToken.None);
        },
        cancellationToken);
}
