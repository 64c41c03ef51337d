using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Backfills;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Backfills in the change store's file, written by its one writer in the same groups.</summary>
internal sealed class SqliteBackfills(GroupCommitter writer, ReaderPool readers, Session session, PageWriter pages, Numbers numbers) : IBackfills
{
    public Task OpenAsync(Backfill backfill, CancellationToken cancellationToken) => writer.RunAsync(
        () =>
        {
            Forget(backfill.Sync);
            if (numbers.Number(backfill.Sync.Connection, tenant: null) is { } connection)
            {
                session.Prepare("INSERT INTO backfills(connection, stream, first_day, last_day, quiet) VALUES (?1, ?2, ?3, ?4, ?5)")
                    .Bind(1, connection.No).Bind(2, numbers.NumberOf(backfill.Sync.Stream.Value)).Bind(3, backfill.From.DayNumber).Bind(4, backfill.To.DayNumber)
                    .Bind(5, backfill.OnlyInQuietHours ? 1 : 0).Run();
            }
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<(TenantId Tenant, Backfill Backfill)>> ListAsync(CancellationToken cancellationToken) => readers.ReadAsync<IReadOnlyList<(TenantId, Backfill)>>(
        reader =>
        {
            var open = new List<(TenantId, Backfill)>();
            var rows = reader.Prepare("SELECT connection, stream, first_day, last_day, quiet FROM backfills");
            while (rows.Step())
            {
                var sync = new SyncKey(numbers.ConnectionOf(rows.Int64(0)), new StreamName(numbers.NameOf(rows.Int64(1))));
                if (numbers.TenantOf(sync.Connection) is { } tenant)
                {
                    open.Add((tenant, new Backfill(sync, DateOnly.FromDayNumber((int)rows.Int64(2)), DateOnly.FromDayNumber((int)rows.Int64(3)), rows.Int64(4) != 0)));
                }
            }

            return open;
        },
        cancellationToken);

    public ValueTask<DateOnly?> FindDoneAsync(Scope scope, CancellationToken cancellationToken) => readers.ReadAsync(
        reader =>
        {
            var row = Of(reader.Prepare("SELECT done_from FROM backfill_scopes WHERE connection = ?1 AND stream = ?2 AND place = ?3"), new SyncKey(scope.Connection, scope.Stream))
                .Bind(3, numbers.Find(scope.Location));
            DateOnly? done = row.Step() ? DateOnly.FromDayNumber((int)row.Int64(0)) : null;
            row.Reset();
            return done;
        },
        cancellationToken);

    public Task NoteDoneAsync(TenantId tenant, Scope scope, long fence, DateOnly from, CancellationToken cancellationToken) => writer.RunAsync(
        () =>
        {
            var (connection, stream) = pages.Admit(tenant, scope, fence);
            session.Prepare("""
                INSERT INTO backfill_scopes(connection, stream, place, done_from) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT(connection, stream, place) DO UPDATE SET done_from = excluded.done_from
                """).Bind(1, connection.No).Bind(2, stream).Bind(3, numbers.NumberOf(scope.Location)).Bind(4, from.DayNumber).Run();
        },
        cancellationToken);

    public Task ForgetAsync(SyncKey sync, CancellationToken cancellationToken) => writer.RunAsync(() => Forget(sync), cancellationToken);

    private void Forget(SyncKey sync)
    {
        Of(session.Prepare("DELETE FROM backfills WHERE connection = ?1 AND stream = ?2"), sync).Run();
        Of(session.Prepare("DELETE FROM backfill_scopes WHERE connection = ?1 AND stream = ?2"), sync).Run();
    }

    private Statement Of(Statement statement, SyncKey sync) => statement.Bind(1, numbers.Find(sync.Connection)?.No ?? 0).Bind(2, numbers.Find(sync.Stream.Value));
}
