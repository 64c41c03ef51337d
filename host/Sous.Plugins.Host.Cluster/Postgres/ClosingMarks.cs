using Npgsql;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>Counts the changes of days that were opened to be closed, in the transaction of the change. The connection's row is held.</summary>
internal static class ClosingMarks
{
    // By the rows as they are when it is their turn: whoever counts one at the same time counts on.
    private const string Count = """
        UPDATE closings c SET changes = c.changes + m.changes FROM unnest($2::text[], $3::integer[], $4::integer[]) AS m(place, day, changes)
        WHERE c.connection = $1 AND c.place = m.place AND c.day = m.day
        """;

    /// <summary>Counts a change of the days besides its own on which a record stood, or had money: what it tells of them may be less now.</summary>
    public static readonly string CountOthers = $"""
        UPDATE closings c SET changes = c.changes + 1
        FROM (
            SELECT DISTINCT k.place, k.day FROM unnest($2::text[], $3::integer[], $4::text[], $5::text[]) AS u(place, day, stream, id)
            JOIN closings k ON k.connection = $1 AND k.place = u.place AND k.day BETWEEN u.day - {MoneyReach.Before} AND u.day + {MoneyReach.After} AND k.day <> u.day
            WHERE EXISTS (SELECT FROM days d WHERE d.connection = $1 AND d.place = u.place AND d.day = k.day AND d.stream = u.stream AND d.id = u.id)) AS m
        WHERE c.connection = $1 AND c.place = m.place AND c.day = m.day
        """;

    /// <param name="changes">How many of each place and day number; never empty.</param>
    public static void Add(NpgsqlBatch batch, ConnectionId connection, IReadOnlyDictionary<(string Place, int Day), int> changes)
    {
        // Two that count the same days do so in one order.
        var days = changes.Keys.OrderBy(static day => day.Place, StringComparer.Ordinal).ThenBy(static day => day.Day).ToArray();
        batch.Add(
            Count,
            connection.Value,
            Array.ConvertAll(days, static day => day.Place),
            Array.ConvertAll(days, static day => day.Day),
            Array.ConvertAll(days, day => changes[day]));
    }
}
