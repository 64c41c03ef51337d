using System.Text.Json;
using Npgsql;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Days.Closings;
using Sous.Plugins.Host.Events;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>Closed days beside the records, whose commits count what changes of them: <see cref="ClosingMarks"/>.</summary>
internal sealed class PostgresClosings(PostgresDatabase database) : IClosings
{
    public const string Tables = """
        -- step: 0 none, 1 tie out, 2 sync again. changes: counted by the commits of the day's records; seen: up to which of them state stands.
        CREATE TABLE closings(
            connection text COLLATE "C" NOT NULL, place text COLLATE "C" NOT NULL, day integer NOT NULL, step integer NOT NULL, due_at bigint,
            changes bigint NOT NULL, seen bigint NOT NULL, state text NOT NULL, PRIMARY KEY(connection, place, day));
        CREATE INDEX closings_day ON closings(connection, day);
        CREATE INDEX closings_open ON closings(connection) WHERE step > 0 OR changes <> seen;
        CREATE TABLE closing_news(no bigint PRIMARY KEY, connection text COLLATE "C" NOT NULL, told text NOT NULL);
        CREATE INDEX closing_news_connection ON closing_news(connection);
        -- One row: the newest number given to a piece of news. Who gives one holds it until the commit, so that news are committed in their order.
        CREATE TABLE closing_news_last(no bigint NOT NULL);
        INSERT INTO closing_news_last VALUES (0);
        """;

    private const string Select = """
        SELECT c.connection, c.place, c.day, c.step, c.due_at, c.changes, c.seen, c.state FROM closings c JOIN connections k ON k.id = c.connection AND NOT k.deleted
        """;

    private const string Open = """
        INSERT INTO closings(connection, place, day, step, due_at, changes, seen, state)
        SELECT $1, d.place, d.day, $5, d.due_at, 0, 0, $6 FROM unnest($2::text[], $3::integer[], $4::bigint[]) AS d(place, day, due_at)
        ON CONFLICT DO NOTHING
        """;

    private const string Keep = """
        UPDATE closings SET step = $4, due_at = $5::bigint, seen = $6, state = $7
        WHERE connection = $1 AND place = $2 AND day = $3 AND EXISTS (SELECT FROM connections WHERE id = $1 AND NOT deleted)
        """;

    private const string AddNews = """
        WITH last AS (UPDATE closing_news_last SET no = no + cardinality($2::text[]) RETURNING no)
        INSERT INTO closing_news(no, connection, told)
        SELECT last.no - cardinality($2::text[]) + n.at, $1, n.told FROM last, unnest($2::text[]) WITH ORDINALITY AS n(told, at)
        """;

    public Task OpenAsync(TenantId tenant, IReadOnlyList<(ClosingKey Key, DateTimeOffset Due)> days, CancellationToken cancellationToken) => days.Count == 0 ? Task.CompletedTask : database.WriteAsync(
        async connection =>
        {
            foreach (var mine in days.GroupBy(static day => day.Key.Connection).OrderBy(static mine => mine.Key.Value, StringComparer.Ordinal))
            {
                // Held alone: a commit that found no such day to count on is through before anybody reads the day's figures.
                if (await ConnectionTable.LockAsync(connection, mine.Key, tenant) is { Deleted: false })
                {
                    await connection.ExecuteAsync(
                        Open,
                        mine.Key.Value,
                        mine.Select(static day => day.Key.Location).ToArray(),
                        mine.Select(static day => day.Key.Day.DayNumber).ToArray(),
                        mine.Select(static day => day.Due.ToUnixTimeMilliseconds()).ToArray(),
                        (int)ClosingStep.TieOut,
                        Text(ClosingState.Open));
                }
            }

            return true;
        },
        cancellationToken);

    public Task DropAsync(ClosingKey key, CancellationToken cancellationToken) => database.WriteAsync(
        connection => connection.ExecuteAsync("DELETE FROM closings WHERE connection = $1 AND place = $2 AND day = $3", key.Connection.Value, key.Location, key.Day.DayNumber),
        cancellationToken);

    public async ValueTask<DateOnly?> FindLastAsync(ConnectionId connection, string location, CancellationToken cancellationToken) => await database.ReadAsync(
        reader => reader.FindAsync(
            "SELECT max(day) FROM closings WHERE connection = $1 AND place = $2", static row => row.DayOf(0), cancellationToken, connection.Value, location),
        cancellationToken);

    public async ValueTask<IReadOnlyList<Closing>> ListOpenAsync(ConnectionId connection, CancellationToken cancellationToken) => await database.ReadAsync(
        reader => reader.ListAsync(
            Select + " WHERE c.connection = $1 AND (c.step > 0 OR c.changes <> c.seen) ORDER BY c.day, c.place", Read, cancellationToken, connection.Value),
        cancellationToken);

    public async ValueTask<IReadOnlyList<Closing>> ListAsync(TenantId tenant, DateOnly from, DateOnly to, CancellationToken cancellationToken) => await database.ReadAsync(
        reader => reader.ListAsync(Select + " WHERE k.tenant = $1 AND c.day BETWEEN $2 AND $3", Read, cancellationToken, tenant.Value, from.DayNumber, to.DayNumber),
        cancellationToken);

    public Task KeepAsync(Closing closing, IReadOnlyList<PlatformEvent> news, CancellationToken cancellationToken)
    {
        var id = closing.Key.Connection.Value;
        var told = news.Select(static one => JsonSerializer.Serialize(one, EventsJson.Default.PlatformEvent)).ToArray();
        return database.WriteAsync(
            async connection =>
            {
                await using var batch = new NpgsqlBatch(connection)
                    .Add(ConnectionTable.Share, id)
                    .Add(
                        Keep,
                        id,
                        closing.Key.Location,
                        closing.Key.Day.DayNumber,
                        (int)closing.Step,
                        closing.Due?.ToUnixTimeMilliseconds(),
                        closing.Seen,
                        Text(closing.State));
                return await batch.ExecuteNonQueryAsync(CancellationToken.None) > 0 && told.Length > 0 ? await connection.ExecuteAsync(AddNews, id, told) : 0;
            },
            cancellationToken);
    }

    public async ValueTask<IReadOnlyList<(long No, PlatformEvent Told)>> ReadNewsAsync(int limit, CancellationToken cancellationToken)
    {
        var news = await database.ReadAsync(
            reader => reader.ListAsync(
                "SELECT no, told FROM closing_news ORDER BY no LIMIT $1",
                static row => (No: row.GetInt64(0), Told: JsonSerializer.Deserialize(row.GetString(1), EventsJson.Default.PlatformEvent)),
                cancellationToken,
                limit),
            cancellationToken);
        var told = new List<(long, PlatformEvent)>(news.Count);
        foreach (var one in news)
        {
            if (one.Told is not null)
            {
                told.Add((one.No, one.Told));
            }
        }

        return told;
    }

    public Task ForgetNewsAsync(long upTo, CancellationToken cancellationToken)
        => database.WriteAsync(connection => connection.ExecuteAsync("DELETE FROM closing_news WHERE no <= $1", upTo), cancellationToken);

    private static string Text(ClosingState state) => JsonSerializer.Serialize(state, ClosingsJson.Default.ClosingState);

    private static Closing Read(NpgsqlDataReader row) => new(
        new ClosingKey(new ConnectionId(row.GetString(0)), row.GetString(1), row.Day(2)),
        (ClosingStep)row.GetInt32(3),
        row.InstantOf(4),
        row.GetInt64(5),
        row.GetInt64(6),
        JsonSerializer.Deserialize(row.GetString(7), ClosingsJson.Default.ClosingState) ?? ClosingState.Open);
}
