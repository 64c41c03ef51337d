using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Gaps;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Gaps in the change store's file, written by its one writer in the same groups.</summary>
internal sealed class SqliteGaps(GroupCommitter writer, ReaderPool readers, Session session, PageWriter pages, RunTable runs, Numbers numbers) : IGaps
{
    private const string Columns = $"""
        SELECT no, first_day, last_day, run, found_at, due_at, EXISTS (SELECT 1 FROM runs WHERE id = run AND outcome = '{nameof(SyncOutcome.Suspect)}')
        FROM gaps WHERE connection = ?1 AND stream = ?2
        """;

    public ValueTask<(DateOnly? LookedAt, IReadOnlyList<Gap> Open)> ReadAsync(Scope scope, CancellationToken cancellationToken) => readers.ReadAsync<(DateOnly?, IReadOnlyList<Gap>)>(
        reader =>
        {
            var looked = At(reader.Prepare("SELECT day FROM gap_looks WHERE connection = ?1 AND stream = ?2 AND place = ?3"), scope);
            DateOnly? day = looked.Step() ? DateOnly.FromDayNumber((int)looked.Int64(0)) : null;
            looked.Reset();
            return (day, Read(At(reader.Prepare(Columns + " AND place = ?3 ORDER BY no"), scope)));
        },
        cancellationToken);

    public ValueTask<int[]> CountAsync(Scope scope, DateOnly first, DateOnly last, CancellationToken cancellationToken) => readers.ReadAsync(
        reader =>
        {
            var counts = new int[last.DayNumber - first.DayNumber + 1];
            var connection = numbers.Find(scope.Connection)?.No ?? 0;
            var rows = reader.Prepare("""
                SELECT d.day, COUNT(*) FROM days d JOIN records r ON r.connection = d.connection AND r.stream = d.stream AND r.id = d.id
                WHERE d.connection = ?1 AND d.stream = ?2 AND d.place = ?3 AND d.day BETWEEN ?4 AND ?5 AND r.day = d.day AND r.place = d.place AND r.state <> ?6
                GROUP BY d.day
                """).Bind(1, connection).Bind(2, numbers.Find(scope.Stream.Value)).Bind(3, numbers.Find(scope.Location))
                .Bind(4, first.DayNumber).Bind(5, last.DayNumber).Bind(6, (long)RecordState.Deleted);
            while (rows.Step())
            {
                counts[rows.Int64(0) - first.DayNumber] = (int)rows.Int64(1);
            }

            return counts;
        },
        cancellationToken);

    public Task NoteAsync(TenantId tenant, Scope scope, long fence, DateOnly lookedAt, IReadOnlyList<Gap> found, CancellationToken cancellationToken) => writer.RunAsync(
        () =>
        {
            var (connection, stream) = pages.Admit(tenant, scope, fence);
            var place = numbers.NumberOf(scope.Location);
            session.Prepare("""
                INSERT INTO gap_looks(connection, stream, place, day) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT(connection, stream, place) DO UPDATE SET day = max(day, excluded.day)
                """).Bind(1, connection.No).Bind(2, stream).Bind(3, place).Bind(4, lookedAt.DayNumber).Run();
            foreach (var gap in found)
            {
                // One that was decided on meanwhile does not come back.
                var put = gap.No == 0
                    ? "INSERT INTO gaps(no, connection, stream, place, first_day, last_day, run, found_at, due_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
                    : "UPDATE gaps SET connection = ?2, stream = ?3, place = ?4, first_day = ?5, last_day = ?6, run = ?7, found_at = ?8, due_at = ?9 WHERE no = ?1";
                session.Prepare(put).Bind(1, gap.No == 0 ? null : gap.No).Bind(2, connection.No).Bind(3, stream).Bind(4, place).Bind(5, gap.First.DayNumber).Bind(6, gap.Last.DayNumber)
                    .Bind(7, gap.Run).Bind(8, gap.FoundAt.ToUnixTimeMilliseconds()).Bind(9, gap.DueAt.ToUnixTimeMilliseconds()).Run();
            }
        },
        cancellationToken);

    public Task ForgetAsync(TenantId tenant, Scope scope, long fence, long gap, CancellationToken cancellationToken) => writer.RunAsync(
        () =>
        {
            pages.Admit(tenant, scope, fence);
            session.Prepare("DELETE FROM gaps WHERE no = ?1").Bind(1, gap).Run();
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<Gap>> ListAsync(ConnectionId connection, StreamName stream, CancellationToken cancellationToken) => readers.ReadAsync<IReadOnlyList<Gap>>(
        reader => Read(reader.Prepare(Columns + " ORDER BY no").Bind(1, numbers.Find(connection)?.No ?? 0).Bind(2, numbers.Find(stream.Value))), cancellationToken);

    public Task DecideAsync(string run, bool approve, CancellationToken cancellationToken) => writer.RunAsync(
        () =>
        {
            var before = session.TotalChanges;
            var decided = approve
                ? session.Prepare("DELETE FROM gaps WHERE run = ?1").Bind(1, run)
                : session.Prepare("UPDATE gaps SET due_at = found_at WHERE run = ?1").Bind(1, run);
            decided.Run();
            if (session.TotalChanges != before)
            {
                runs.Note(run, approve ? "The days count as closed." : "The service is asked again at once.");
            }
        },
        cancellationToken);

    private Statement At(Statement statement, Scope scope)
        => statement.Bind(1, numbers.Find(scope.Connection)?.No ?? 0).Bind(2, numbers.Find(scope.Stream.Value)).Bind(3, numbers.Find(scope.Location));

    private static List<Gap> Read(Statement rows)
    {
        var gaps = new List<Gap>();
        while (rows.Step())
        {
            gaps.Add(new Gap(
                rows.Int64(0),
                DateOnly.FromDayNumber((int)rows.Int64(1)),
                DateOnly.FromDayNumber((int)rows.Int64(2)),
                rows.Text(3),
                DateTimeOffset.FromUnixTimeMilliseconds(rows.Int64(4)),
                DateTimeOffset.FromUnixTimeMilliseconds(rows.Int64(5)))
            {
                IsTold = rows.Int64(6) != 0,
            });
        }

        return gaps;
    }
}
