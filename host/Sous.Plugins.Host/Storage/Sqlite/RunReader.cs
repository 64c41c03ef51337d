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
        SELECT connection, stream, id, started_by, fence, first_day, last_day, outcome, reason, started_at, ended_at,
            pages, inserted, updated, unchanged, deleted, held
        FROM runs
        """;

    private const string Whole = $"first_day IS NULL AND started_by NOT IN ('{RunTrigger.Webhook}', '{RunTrigger.Day}')";

    private static readonly string s_fetch = $"{Whole} AND outcome = '{SyncOutcome.Completed}'";

    // Put together once: at the start they are looked up for every sync.
    private static readonly string s_lastWhole = NewestOf(Whole);
    private static readonly string s_lastFetch = NewestOf(s_fetch);

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

    public SyncRun? Find(Session session, string id) => Read(session.Prepare(Columns + " WHERE id = ?1").Bind(1, id)).FirstOrDefault();

    public List<SyncRun> ListOpen(Session session) => Read(session.Prepare(Columns + " WHERE ended_at IS NULL ORDER BY no"));

    /// <summary>Newest first.</summary>
    /// <param name="after">Only older ones than this run; null for all.</param>
    public List<SyncRun> List(Session session, ConnectionId connection, StreamName? stream, string? after, int limit)
    {
        if (numbers.Find(connection) is not { } known)
        {
            return [];
        }

        return Read(session.Prepare(Columns + " WHERE connection = ?1 AND (?2 IS NULL OR stream = ?2) AND (?4 IS NULL OR no < (SELECT no FROM runs WHERE id = ?4)) ORDER BY no DESC LIMIT ?3")
            .Bind(1, known.No).Bind(2, stream is { } named ? numbers.Find(named.Value) : (long?)null).Bind(3, limit).Bind(4, after));
    }

    public Dictionary<SyncKey, SyncRun> FindLastWhole(Session session, IEnumerable<SyncKey> syncs)
        => syncs.Select(key => FindNewest(session, key.Connection, key.Stream, s_lastWhole)).OfType<SyncRun>().ToDictionary(static run => new SyncKey(run.Connection, run.Stream));

    public SyncRun? FindLastFetch(Session session, ConnectionId connection, StreamName stream)
        => FindNewest(session, connection, stream, s_lastFetch);

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

    private SyncRun? FindNewest(Session session, ConnectionId connection, StreamName stream, string newest) => numbers.Find(connection) is { } known
        ? Read(session.Prepare(newest).Bind(1, known.No).Bind(2, numbers.Find(stream.Value))).FirstOrDefault()
        : null;

    private static string NewestOf(string condition) => $"{Columns} WHERE connection = ?1 AND stream = ?2 AND {condition} ORDER BY no DESC LIMIT 1";

    private List<SyncRun> Read(Statement row)
    {
        var runs = new List<SyncRun>();
        while (row.Step())
        {
            var connection = numbers.ConnectionOf(row.Int64(0));
            runs.Add(new SyncRun
            {
                Id = row.Text(2),
                Tenant = numbers.TenantOf(connection) ?? throw new InvalidDataException($"The connection {connection} has runs and no tenant."),
                Connection = connection,
                Stream = new StreamName(numbers.NameOf(row.Int64(1))),
                Trigger = row.Text(3),
                Fence = row.Int64(4),
                From = row.IsNull(5) ? null : DateOnly.FromDayNumber((int)row.Int64(5)),
                To = row.IsNull(6) ? null : DateOnly.FromDayNumber((int)row.Int64(6)),
                Outcome = Enum.Parse<SyncOutcome>(row.Text(7)),
                Reason = row.IsNull(8) ? null : row.Text(8),
                StartedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(9)),
                EndedAt = row.IsNull(10) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.Int64(10)),
                Pages = (int)row.Int64(11),
                Inserted = row.Int64(12),
                Updated = row.Int64(13),
                Unchanged = row.Int64(14),
                Deleted = row.Int64(15),
                Held = row.Int64(16),
            });
        }

        return runs;
    }
}
