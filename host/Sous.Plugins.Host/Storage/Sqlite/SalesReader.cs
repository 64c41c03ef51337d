using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Reads the sales of business days, as they are or as they were known.</summary>
internal sealed class SalesReader(Numbers numbers)
{
    private const string Places = "SELECT MIN(place) FROM days WHERE connection = ?1 AND place > ?2";

    private const string Keys = """
        SELECT d.day, d.id, r.state, r.sequence, r.held, r.place, r.day, r.type FROM days d
        JOIN records r ON r.connection = d.connection AND r.stream = d.stream AND r.id = d.id
        WHERE d.connection = ?1 AND d.place = ?2 AND d.stream = ?3 AND d.day BETWEEN ?4 AND ?5 AND (d.day, d.id) > (?6, ?7)
        ORDER BY d.day, d.stream, d.id
        """;

    private const string Entry = $"SELECT {EntryColumns.List} FROM changes WHERE position = ?1";

    private const string Held = "SELECT changed_at, body FROM held WHERE no = ?1";

    /// <summary>Each sale once. The session is used until the enumeration ends.</summary>
    /// <exception cref="VersionsGoneException">What was known then is not kept any more.</exception>
    public IEnumerable<FeedEntry> Read(Session session, SalesQuery query)
    {
        var tenant = numbers.FeedOf(query.Tenant);
        var feed = tenant.Committed;
        if (query.AsOf?.ToUnixTimeMilliseconds() < feed.Since)
        {
            throw new VersionsGoneException(DateTimeOffset.FromUnixTimeMilliseconds(feed.Since));
        }

        var (after, from) = (query.After is { } position ? numbers.Find(position.Connection)?.No : null, numbers.Find(query.After?.Location));
        if (query.After is not null && after is null)
        {
            yield break;
        }

        foreach (var connection in ConnectionsOf(tenant, query.Connection).Where(connection => !connection.Deleted && connection.No >= (after ?? 0)).OrderBy(static connection => connection.No))
        {
            foreach (var place in PlacesOf(session, connection.No, query.ExternalLocation).Where(place => connection.No != after || place >= from))
            {
                var begin = connection.No == after && place == from ? query.After : null;
                foreach (var sale in ReadPlace(session, new Reading(feed, connection, place, query), begin))
                {
                    yield return sale;
                }
            }
        }
    }

    private IEnumerable<StoredConnection> ConnectionsOf(TenantFeed tenant, ConnectionId? only)
    {
        if (only is not { } id)
        {
            return numbers.ConnectionsOf(tenant);
        }

        return numbers.Find(id) is { } connection && connection.Tenant == tenant.Committed.No ? [connection] : [];
    }

    private IEnumerable<FeedEntry> ReadPlace(Session session, Reading reading, SalesPosition? after)
    {
        var (_, connection, place, query) = reading;
        var keys = session.Prepare(Keys).Bind(1, connection.No).Bind(2, place).Bind(3, numbers.Find(StreamName.Sales.Value))
            .Bind(4, query.From.DayNumber).Bind(5, query.To.DayNumber).Bind(6, after?.Day.DayNumber ?? -1).Bind(7, after?.Id ?? "");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            while (keys.Step())
            {
                var id = keys.Text(1);
                if (!seen.Contains(id) && Find(session, reading, keys) is { } sale)
                {
                    seen.Add(id);
                    yield return sale with { Position = new SalesPosition(connection.Id, numbers.NameOf(place), DateOnly.FromDayNumber((int)keys.Int64(0)), id) };
                }
            }
        }
        finally
        {
            keys.Reset();
        }
    }

    private FeedEntry? Find(Session session, Reading reading, Statement key)
    {
        var state = (RecordState)key.Int64(2);
        if (state != RecordState.Held)
        {
            return FindVersion(session, reading, key.Int64(0), key.Int64(3));
        }

        var held = session.Prepare(Held).Bind(1, key.Int64(4));
        if (!held.Step())
        {
            return null;
        }

        var entry = new FeedEntry
        {
            Sequence = 0,
            Stream = StreamName.Sales,
            Type = numbers.NameOf(key.Int64(7)),
            Kind = ChangeKind.Upsert,
            Connection = reading.Connection.Id,
            Id = key.Text(1),
            Version = 0,
            ChangedAt = DateTimeOffset.FromUnixTimeMilliseconds(held.Int64(0)),
            Body = held.Bytes(1).ToArray(),
        };
        held.Reset();
        if (reading.Query.AsOf is { } asOf && entry.ChangedAt > asOf)
        {
            return FindVersion(session, reading, key.Int64(0), key.Int64(3));
        }

        return reading.Matches(key.Int64(0), key.Int64(5), key.Int64(6)) ? entry : null;
    }

    // Goes back from the newest version to the one that was known.
    private FeedEntry? FindVersion(Session session, Reading reading, long touched, long sequence)
    {
        var row = session.Prepare(Entry);
        while (sequence != 0 && row.Bind(1, Position.Of(reading.Feed.No, sequence)).Step())
        {
            var at = DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(EntryColumns.ChangedAt));
            if (reading.Query.AsOf is not { } asOf || at <= asOf)
            {
                var isThere = (ChangeKind)row.Int64(EntryColumns.Kind) == ChangeKind.Upsert
                    && reading.Matches(touched, row.Int64(EntryColumns.Place), row.Int64(EntryColumns.Day));
                var entry = isThere ? EntryColumns.Read(row, numbers, reading.Feed) : null;
                row.Reset();
                return entry;
            }

            sequence = row.Int64(EntryColumns.Previous);
            row.Reset();
        }

        return null;
    }

    private List<long> PlacesOf(Session session, long connection, string? externalLocation)
    {
        if (externalLocation is not null)
        {
            return numbers.Find(externalLocation) is var place and not 0 ? [place] : [];
        }

        var places = new List<long>();
        var statement = session.Prepare(Places);
        for (var last = 0L; statement.Bind(1, connection).Bind(2, last).Step() && !statement.IsNull(0); places.Add(last))
        {
            last = statement.Int64(0);
            statement.Reset();
        }

        statement.Reset();
        return places;
    }

    private sealed record Reading(FeedState Feed, StoredConnection Connection, long Place, SalesQuery Query)
    {
        // A row of days tells what a version once said: this one must say it too.
        public bool Matches(long touched, long place, long day) => place == Place && (Query.Match == DayMatch.Touched || day == touched);
    }
}
