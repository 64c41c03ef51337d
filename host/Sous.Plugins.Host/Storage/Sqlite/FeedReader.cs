using Sous.Plugins.Host.Changes;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Reads a stretch of a tenant's feed.</summary>
internal sealed class FeedReader(Numbers numbers)
{
    // A filter that lets nothing through must not make one call read a whole feed.
    private const int MostScanned = 10_000;

    // Nor a thousand records of the largest size fill the memory: the page ends with the entry that brings it here.
    private const int MostBytes = 8 * 1024 * 1024;

    private const string Sql = $"SELECT {EntryColumns.List} FROM changes WHERE position > ?1 AND position <= ?2 ORDER BY position LIMIT ?3";

    /// <exception cref="FeedResetException">The position is not in this feed.</exception>
    public FeedPage Read(Session session, FeedQuery query)
    {
        var feed = numbers.FeedOf(query.Tenant).Committed;
        var epoch = numbers.Epoch;
        var name = NameOf(feed, epoch);
        if (feed.Find(epoch, query.After) is not { } after || (query.Feed is { } expected && expected != name))
        {
            throw Reset(feed, epoch);
        }

        var stream = numbers.Find(query.Stream?.Value);
        var location = numbers.Find(query.Location);
        var isEmpty = (query.Stream is not null && stream == 0) || (query.Location is not null && location == 0);
        if (feed.No == 0 || isEmpty)
        {
            return new FeedPage(name, [], feed.Tell(epoch, feed.Last), More: false);
        }

        var changes = new List<FeedEntry>(query.Limit);
        var next = Scan(session, feed, Math.Max(after, feed.Floor), stream, location, query.Limit, changes);
        if (numbers.FeedOf(query.Tenant).Committed is var since && since.Find(epoch, query.After) is null)
        {
            // It was not past the deletes that went while it read.
            throw Reset(since, epoch);
        }

        return new FeedPage(name, changes, feed.Tell(epoch, next), next < feed.Last);
    }

    private static string NameOf(in FeedState feed, FeedEpoch epoch) => $"{epoch.Name}-{feed.Era}";

    private static FeedResetException Reset(in FeedState feed, FeedEpoch epoch) => new(NameOf(feed, epoch), feed.Tell(epoch, Math.Max(feed.Floor, feed.Purged)));

    private long Scan(Session session, FeedState feed, long after, long stream, long location, int limit, List<FeedEntry> changes)
    {
        var rows = session.Prepare(Sql).Bind(1, Position.Of(feed.No, after)).Bind(2, Position.Of(feed.No, feed.Last)).Bind(3, MostScanned);
        var (scanned, bytes) = (0, 0);
        var next = after;
        while (rows.Step())
        {
            next = Position.SequenceOf(rows.Int64(EntryColumns.Position));
            scanned++;
            if ((stream == 0 || stream == rows.Int64(EntryColumns.Stream)) && (location == 0 || location == rows.Int64(EntryColumns.Location)))
            {
                var entry = EntryColumns.Read(rows, numbers, feed);
                changes.Add(entry);
                bytes += entry.Body.Length;
                if (changes.Count == limit || bytes >= MostBytes)
                {
                    rows.Reset();
                    return next;
                }
            }
        }

        // What was deleted since leaves holes: past the last entry that there is, the reader has caught up.
        return scanned < MostScanned ? feed.Last : next;
    }
}
