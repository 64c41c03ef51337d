using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Listings;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Reads runs.</summary>
internal sealed class RunReader(Numbers numbers)
{
    private const string Columns = """
        SELECT r.id, t.id, r.connection, r.stream, started_by, fence, first_day, last_day, outcome, reason, started_at, ended_at,
            pages, inserted, updated, unchanged, r.deleted, held
        FROM runs r JOIN connections c ON c.no = r.connection JOIN tenants t ON t.no = c.tenant
        """;

    private const string Whole = $"first_day IS NULL AND started_by NOT IN ('{RunTrigger.Webhook}', '{RunTrigger.Day}')";

    private static readonly string s_fetch = $"{Whole} AND outcome = '{SyncOutcome.Completed}'";

    // What readers of the newest ask for stays, and what an operator is asked about.
    private static readonly string s_past = $"""
        SELECT no FROM (
            SELECT no, id, ended_at, outcome = '{SyncOutcome.Completed}' AND inserted + updated + deleted + held = 0 AS idle,
                row_number() OVER (PARTITION BY stream ORDER BY no DESC) AS place,
                max(no) FILTER (WHERE {Whole}) OVER (PARTITION BY stream) AS whole, max(no) FILTER (WHERE {s_fetch}) OVER (PARTITION BY stream) AS fetch
            FROM runs WHERE connection = ?1)
        WHERE place > 100 AND ended_at < iif(idle, ?3, ?2) AND no IS NOT whole AND no IS NOT fetch
            AND id NOT IN (SELECT run FROM listings WHERE connection = ?1 AND state = {(int)ListingState.Held}) AND id NOT IN (SELECT run FROM gaps WHERE connection = ?1)
        """;

    public SyncRun? Find(Session session, string id) => Read(session.Prepare(Columns + " WHERE r.id = ?1").Bind(1, id)).FirstOrDefault();

    public List<SyncRun> ListOpen(Session session) => Read(session.Prepare(Columns + " WHERE r.ended_at IS NULL ORDER BY r.no"));

    /// <summary>Newest first.</summary>
    public List<SyncRun> List(Session session, ConnectionId connection, StreamName? stream, int limit)
    {
        if (numbers.Find(connection) is not { } known)
        {
            return [];
        }

        return Read(session.Prepare(Columns + " WHERE r.connection = ?1 AND (?2 IS NULL OR r.stream = ?2) ORDER BY r.no DESC LIMIT ?3")
            .Bind(1, known.No).Bind(2, stream is { } named ? numbers.Find(named.Value) : (long?)null).Bind(3, limit));
    }

    public Dictionary<SyncKey, SyncRun> FindLastWhole(Session session, IEnumerable<SyncKey> syncs)
        => syncs.Select(key => FindNewest(session, key.Connection, key.Stream, Whole)).OfType<SyncRun>().ToDictionary(static run => new SyncKey(run.Connection, run.Stream));

    public SyncRun? FindLastFetch(Session session, ConnectionId connection, StreamName stream)
        => FindNewest(session, connection, stream, s_fetch);

    /// <returns>The numbers of those that are kept no longer.</returns>
    public static List<long> ListPast(Session session, StoredConnection connection, DateTimeOffset before, DateTimeOffset idleBefore)
    {
        var past = new List<long>();
        var row = session.Prepare(s_past).Bind(1, connection.No).Bind(2, before.ToUnixTimeMilliseconds()).Bind(3, idleBefore.ToUnixTimeMilliseconds());
        while (row.Step())
        {
            past.Add(row.Int64(0));
        }

        return past;
    }

    private SyncRun? FindNewest(Session session, ConnectionId connection, StreamName stream, string condition) => numbers.Find(connection) is { } known
        ? Read(session.Prepare($"{Columns} WHERE r.connection = ?1 AND r.stream = ?2 AND {condition} ORDER BY r.no DESC LIMIT 1")
            .Bind(1, known.No).Bind(2, numbers.Find(stream.Value))).FirstOrDefault()
        : null;

    private List<SyncRun> Read(Statement row)
    {
        var runs = new List<SyncRun>();
        while (row.Step())
        {
            runs.Add(new SyncRun
            {
                Id = row.Text(0),
                Tenant = new TenantId(row.Text(1)),
                Connection = numbers.ConnectionOf(row.Int64(2)),
                Stream = new StreamName(numbers.NameOf(row.Int64(3))),
                Trigger = row.Text(4),
                Fence = row.Int64(5),
                From = row.IsNull(6) ? null : DateOnly.FromDayNumber((int)row.Int64(6)),
                To = row.IsNull(7) ? null : DateOnly.FromDayNumber((int)row.Int64(7)),
                Outcome = Enum.Parse<SyncOutcome>(row.Text(8)),
                Reason = row.IsNull(9) ? null : row.Text(9),
                StartedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(10)),
                EndedAt = row.IsNull(11) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(11)),
                Pages = (int)row.Int64(12),
                Inserted = row.Int64(13),
                Updated = row.Int64(14),
                Unchanged = row.Int64(15),
                Deleted = row.Int64(16),
                Held = row.Int64(17),
            });
        }

        return runs;
    }
}
