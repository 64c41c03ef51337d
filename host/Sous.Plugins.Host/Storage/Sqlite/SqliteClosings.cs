using System.Text.Json;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Days.Closings;
using Sous.Plugins.Host.Events;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Closed days in the change store's file, written by its one writer in the same groups.</summary>
internal sealed class SqliteClosings(GroupCommitter writer, ReaderPool readers, Session session, Numbers numbers) : IClosings
{
    private const string Columns = "place, day, step, due_at, changes, seen, state";

    public Task OpenAsync(TenantId tenant, IReadOnlyList<(ClosingKey Key, DateTimeOffset Due)> days, CancellationToken cancellationToken) => writer.RunAsync(
        () =>
        {
            foreach (var (key, due) in days)
            {
                if (numbers.Number(key.Connection, tenant) is { } connection)
                {
                    session.Prepare("INSERT OR IGNORE INTO closings(connection, place, day, step, due_at, changes, seen, state) VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, ?6)")
                        .Bind(1, connection.No).Bind(2, numbers.NumberOf(key.Location)).Bind(3, key.Day.DayNumber).Bind(4, (long)ClosingStep.TieOut)
                        .Bind(5, due.ToUnixTimeMilliseconds()).Bind(6, Text(ClosingState.Open)).Run();
                }
            }
        },
        cancellationToken);

    public Task DropAsync(ClosingKey key, CancellationToken cancellationToken) => writer.RunAsync(
        () => At(session.Prepare("DELETE FROM closings WHERE connection = ?1 AND place = ?2 AND day = ?3"), key)?.Run(), cancellationToken);

    public ValueTask<DateOnly?> FindLastAsync(ConnectionId connection, string location, CancellationToken cancellationToken) => readers.ReadAsync(
        reader =>
        {
            var last = reader.Prepare("SELECT MAX(day) FROM closings WHERE connection = ?1 AND place = ?2")
                .Bind(1, numbers.Find(connection)?.No ?? 0).Bind(2, numbers.Find(location));
            return last.Step() && !last.IsNull(0) ? DateOnly.FromDayNumber((int)last.Int64(0)) : (DateOnly?)null;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<Closing>> ListOpenAsync(ConnectionId connection, CancellationToken cancellationToken) => readers.ReadAsync<IReadOnlyList<Closing>>(
        reader => numbers.Find(connection) is { Deleted: false } known
            ? Read(reader.Prepare($"SELECT {Columns} FROM closings WHERE connection = ?1 AND (step > 0 OR changes <> seen) ORDER BY day, place").Bind(1, known.No), connection)
            : [],
        cancellationToken);

    public ValueTask<IReadOnlyList<Closing>> ListAsync(TenantId tenant, DateOnly from, DateOnly to, CancellationToken cancellationToken) => readers.ReadAsync<IReadOnlyList<Closing>>(
        reader =>
        {
            var closings = new List<Closing>();
            foreach (var connection in numbers.ConnectionsOf(numbers.FeedOf(tenant)).Where(static connection => !connection.Deleted))
            {
                closings.AddRange(Read(
                    reader.Prepare($"SELECT {Columns} FROM closings WHERE connection = ?1 AND day BETWEEN ?2 AND ?3").Bind(1, connection.No).Bind(2, from.DayNumber).Bind(3, to.DayNumber),
                    connection.Id));
            }

            return closings;
        },
        cancellationToken);

    public Task KeepAsync(Closing closing, IReadOnlyList<PlatformEvent> news, CancellationToken cancellationToken) => writer.RunAsync(
        () =>
        {
            var before = session.TotalChanges;
            At(session.Prepare("UPDATE closings SET step = ?4, due_at = ?5, seen = ?6, state = ?7 WHERE connection = ?1 AND place = ?2 AND day = ?3"), closing.Key)
                ?.Bind(4, (long)closing.Step).Bind(5, closing.Due?.ToUnixTimeMilliseconds()).Bind(6, closing.Seen).Bind(7, Text(closing.State)).Run();
            if (session.TotalChanges == before)
            {
                return;
            }

            foreach (var told in news)
            {
                session.Prepare("INSERT INTO closing_news(connection, told) VALUES (?1, ?2)")
                    .Bind(1, numbers.Find(closing.Key.Connection)?.No ?? 0).Bind(2, JsonSerializer.Serialize(told, EventsJson.Default.PlatformEvent)).Run();
            }
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<(long No, PlatformEvent Told)>> ReadNewsAsync(int limit, CancellationToken cancellationToken) => readers.ReadAsync<IReadOnlyList<(long, PlatformEvent)>>(
        reader =>
        {
            var news = new List<(long, PlatformEvent)>();
            var rows = reader.Prepare("SELECT no, told FROM closing_news ORDER BY no LIMIT ?1").Bind(1, limit);
            while (rows.Step())
            {
                if (JsonSerializer.Deserialize(rows.Text(1), EventsJson.Default.PlatformEvent) is { } told)
                {
                    news.Add((rows.Int64(0), told));
                }
            }

            return news;
        },
        cancellationToken);

    public Task ForgetNewsAsync(long upTo, CancellationToken cancellationToken)
        => writer.RunAsync(() => session.Prepare("DELETE FROM closing_news WHERE no <= ?1").Bind(1, upTo).Run(), cancellationToken);

    private static string Text(ClosingState state) => JsonSerializer.Serialize(state, ClosingsJson.Default.ClosingState);

    private Statement? At(Statement statement, ClosingKey key) => numbers.Find(key.Connection) is { Deleted: false } connection
        ? statement.Bind(1, connection.No).Bind(2, numbers.Find(key.Location)).Bind(3, key.Day.DayNumber)
        : null;

    private List<Closing> Read(Statement rows, ConnectionId connection)
    {
        var closings = new List<Closing>();
        while (rows.Step())
        {
            closings.Add(new Closing(
                new ClosingKey(connection, numbers.NameOf(rows.Int64(0)), DateOnly.FromDayNumber((int)rows.Int64(1))),
                (ClosingStep)rows.Int64(2),
                rows.IsNull(3) ? null : DateTimeOffset.FromUnixTimeMilliseconds(rows.Int64(3)),
                rows.Int64(4),
                rows.Int64(5),
                JsonSerializer.Deserialize(rows.Text(6), ClosingsJson.Default.ClosingState) ?? ClosingState.Open));
        }

        return closings;
    }
}
