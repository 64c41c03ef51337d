using Npgsql;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>Reads a stretch of a tenant's feed, in one snapshot.</summary>
internal static class FeedReader
{
    // A filter that lets nothing through must not make one call read a whole feed.
    private const int MostScanned = 10_000;

    // Nor a thousand records of the largest size fill the memory: the page ends with the entry that brings it here.
    private const int MostBytes = 8 * 1024 * 1024;

    private const string Scanned = "FROM changes WHERE tenant = $1 AND sequence > $2 AND sequence <= $3 ORDER BY sequence LIMIT $4";

    private const string Stretch = $"""
        SELECT {EntryColumns.List} FROM (
            SELECT *, sum(octet_length(body)) OVER (ORDER BY sequence) - octet_length(body) AS before FROM (SELECT * {Scanned}) s
            WHERE ($5::text IS NULL OR stream = $5) AND ($6::text IS NULL OR location = $6)
            ORDER BY sequence LIMIT $7) c
        WHERE before < $8 ORDER BY c.sequence
        """;

    /// <exception cref="FeedResetException">The position is not in this feed.</exception>
    public static async Task<FeedPage> ReadAsync(NpgsqlConnection connection, FeedEpoch epoch, FeedQuery query, CancellationToken cancellationToken)
    {
        var feed = await FeedTable.ReadAsync(connection, query.Tenant, cancellationToken);
        var name = $"{epoch.Name}-{feed.Era}";
        if (feed.Find(epoch, query.After) is not { } after || (query.Feed is { } expected && expected != name))
        {
            throw new FeedResetException(name, feed.Tell(epoch, Math.Max(feed.Floor, feed.Purged)));
        }

        after = Math.Max(after, feed.Floor);
        var entries = await connection.ListAsync(
            Stretch, EntryColumns.Read, cancellationToken, query.Tenant.Value, after, feed.Last, MostScanned, query.Stream?.Value, query.Location, query.Limit, (long)MostBytes);
        var isFull = entries.Count == query.Limit || entries.Sum(static entry => (long)entry.Body.Length) >= MostBytes;
        var next = isFull ? entries[^1].Sequence : await FindEndAsync(connection, query, feed, after, cancellationToken);
        return new FeedPage(name, [.. entries.Select(entry => entry with { Sequence = feed.Tell(epoch, entry.Sequence) })], feed.Tell(epoch, next), next < feed.Last);
    }

    // What was deleted since leaves holes: past the last entry that there is, the reader has caught up.
    private static async Task<long> FindEndAsync(NpgsqlConnection connection, FeedQuery query, FeedState feed, long after, CancellationToken cancellationToken)
    {
        if (query is { Stream: null, Location: null } || feed.Last - after < MostScanned)
        {
            return feed.Last;
        }

        var (count, last) = await connection.FindAsync(
            $"SELECT count(*), max(sequence) FROM (SELECT sequence {Scanned}) s", static row => (row.GetInt64(0), row.IsDBNull(1) ? 0 : row.GetInt64(1)), cancellationToken, query.Tenant.Value, after, feed.Last, MostScanned);
        return count < MostScanned ? feed.Last : last;
    }
}
