using System.Runtime.CompilerServices;
using Npgsql;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>Reads the sales of business days, as they are or as they were known, some at a time, in the order of connection, place, day and id.</summary>
internal static class SalesReader
{
    private const int Batch = 200;

    private const string Connections = "SELECT id FROM connections WHERE tenant = $1 AND NOT deleted AND ($2::text IS NULL OR id = $2) AND id >= $3 ORDER BY id";

    // From one place to the next, however many rows each has.
    private const string Places = """
        WITH RECURSIVE places AS (
            SELECT min(place) AS place FROM days WHERE connection = $1
            UNION ALL
            SELECT (SELECT min(place) FROM days WHERE connection = $1 AND place > p.place) FROM places p WHERE p.place IS NOT NULL)
        SELECT place FROM places WHERE place >= $2 AND ($3::text IS NULL OR place = $3) ORDER BY place
        """;

    // A held record's body is not in the feed. What was known of one that is held since is its version of then.
    private static readonly string s_sales = $"""
        SELECT d.day, coalesce(c.sequence, 0), r.connection, r.stream, coalesce(c.type, r.type), coalesce(c.location, ''), r.id, coalesce(c.version, 0),
            coalesce(c.changed_at, h.changed_at), coalesce(c.body, h.body)
        FROM days d
        CROSS JOIN LATERAL (SELECT * FROM records WHERE connection = d.connection AND stream = d.stream AND id = d.id LIMIT 1) r
        LEFT JOIN held h ON h.connection = d.connection AND h.stream = d.stream AND h.id = d.id AND h.changed_at <= $7
        LEFT JOIN LATERAL (
            WITH RECURSIVE versions AS (
                SELECT sequence, previous, changed_at FROM changes WHERE tenant = $1 AND sequence = r.sequence
                UNION ALL
                SELECT e.sequence, e.previous, e.changed_at FROM versions v
                CROSS JOIN LATERAL (SELECT sequence, previous, changed_at FROM changes WHERE tenant = $1 AND sequence = v.previous LIMIT 1) e WHERE v.changed_at > $7)
            SELECT * FROM changes WHERE tenant = $1 AND sequence = (SELECT sequence FROM versions WHERE changed_at <= $7 LIMIT 1)) c ON h.id IS NULL
        WHERE d.connection = $2 AND d.place = $3 AND d.stream = '{StreamName.Sales.Value}' AND d.day BETWEEN $4 AND $5 AND (d.day, d.id) > ($8, $9)
            AND CASE WHEN h.id IS NULL THEN c.kind = {(int)ChangeKind.Upsert} AND c.place = d.place AND ($6 OR c.day = d.day)
                ELSE r.place = d.place AND ($6 OR r.day = d.day) END
        ORDER BY d.day, d.id LIMIT $10
        """;

    /// <summary>Each sale once.</summary>
    /// <exception cref="VersionsGoneException">What was known then is not kept any more.</exception>
    public static async IAsyncEnumerable<FeedEntry> ReadAsync(NpgsqlConnection connection, FeedEpoch epoch, SalesQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var feed = await FeedTable.ReadAsync(connection, query.Tenant, cancellationToken);
        if (query.AsOf?.ToUnixTimeMilliseconds() < feed.Since)
        {
            throw new VersionsGoneException(DateTimeOffset.FromUnixTimeMilliseconds(feed.Since));
        }

        foreach (var id in await connection.ListAsync(
            Connections, static row => row.GetString(0), cancellationToken, query.Tenant.Value, query.Connection?.Value, query.After?.Connection.Value ?? ""))
        {
            var begun = id == query.After?.Connection.Value ? query.After : null;
            foreach (var place in await connection.ListAsync(Places, static row => row.GetString(0), cancellationToken, id, begun?.Location ?? "", query.ExternalLocation))
            {
                var seen = new HashSet<string>(StringComparer.Ordinal);
                await foreach (var sale in ReadPlaceAsync(connection, query, id, place, place == begun?.Location ? begun : null, cancellationToken))
                {
                    if (seen.Add(sale.Id))
                    {
                        yield return sale.Sequence == 0 ? sale : sale with { Sequence = feed.Tell(epoch, sale.Sequence) };
                    }
                }
            }
        }
    }

    private static async IAsyncEnumerable<FeedEntry> ReadPlaceAsync(
        NpgsqlConnection connection, SalesQuery query, string id, string place, SalesPosition? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (day, sale) = (after?.Day.DayNumber ?? -1, after?.Id ?? "");
        for (var more = true; more;)
        {
            var sales = await connection.ListAsync(
                s_sales, Read, cancellationToken, query.Tenant.Value, id, place, query.From.DayNumber, query.To.DayNumber, query.Match == DayMatch.Touched,
                query.AsOf?.ToUnixTimeMilliseconds() ?? long.MaxValue, day, sale, Batch);
            foreach (var read in sales)
            {
                (day, sale) = (read.Day, read.Sale.Id);
                yield return read.Sale with { Position = new SalesPosition(new ConnectionId(id), place, DateOnly.FromDayNumber(day), sale) };
            }

            more = sales.Count == Batch;
        }
    }

    private static (int Day, FeedEntry Sale) Read(NpgsqlDataReader row) => (row.GetInt32(0), new FeedEntry
    {
        Sequence = row.GetInt64(1),
        Connection = new ConnectionId(row.GetString(2)),
        Stream = new StreamName(row.GetString(3)),
        Type = row.GetString(4),
        Kind = ChangeKind.Upsert,
        Location = row.Place(5),
        Id = row.GetString(6),
        Version = row.GetInt64(7),
        ChangedAt = row.Instant(8),
        Body = row.GetFieldValue<byte[]>(9),
    });
}
