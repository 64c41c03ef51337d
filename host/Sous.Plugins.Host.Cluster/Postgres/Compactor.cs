using Npgsql;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>
/// Takes out of a tenant's feed what nobody needs any more, some rows in each transaction, by the rules of the SQLite store's compactor.
/// The feed's row is held meanwhile, so that one host at a time compacts a feed; each step is whole by itself and remembered with what it did.
/// </summary>
internal static class Compactor
{
    private const int Batch = 500;

    // Each purge sets back the readers that it meets below it, so there are few.
    private static readonly TimeSpan s_patience = TimeSpan.FromDays(30);

    private static readonly string s_dropVersions = $"""
        WITH gone AS (DELETE FROM changes WHERE tenant = $1 AND sequence = ANY($2) AND kind = {(int)ChangeKind.Upsert} RETURNING sequence),
        raw AS (DELETE FROM raws WHERE tenant = $1 AND sequence IN (SELECT sequence FROM gone))
        SELECT sequence FROM gone
        """;

    private static readonly string s_dropDeletes = $"DELETE FROM changes WHERE tenant = $1 AND sequence > $2 AND sequence <= $3 AND kind = {(int)ChangeKind.Delete}";

    /// <param name="before">In milliseconds: what changed before it is older than the retention.</param>
    /// <returns>Whether there is more to do.</returns>
    public static async Task<bool> CompactSomeAsync(NpgsqlConnection connection, TenantId tenant, long before)
    {
        var feed = await ReadAsync(connection, tenant);
        var after = feed;
        var more = false;
        (after, more) = await SweepAsync(connection, tenant, after, before);
        if (!more)
        {
            (after, more) = await DropAsync(connection, tenant, after);
        }

        if (!more)
        {
            (after, more) = Purge(after, before);
        }

        if (after != feed)
        {
            await WriteAsync(connection, tenant, after);
        }

        return more;
    }

    /// <summary>Versions that have a newer one, as far as that is older than the retention.</summary>
    private static async Task<(Progress Feed, bool More)> SweepAsync(NpgsqlConnection connection, TenantId tenant, Progress feed, long before)
    {
        var batch = await ListAsync(connection, tenant, feed.Swept, feed.State.Last);
        var swept = batch.TakeWhile(entry => entry.At < before).ToList();
        if (swept.Count == 0)
        {
            return (feed, false);
        }

        var replaced = swept.Where(static entry => entry.Previous != 0).ToDictionary(static entry => entry.Previous, static entry => entry.At);
        var gone = await connection.ListAsync(s_dropVersions, static row => row.GetInt64(0), CancellationToken.None, tenant.Value, replaced.Keys.ToArray());
        feed = feed with
        {
            Swept = swept[^1].Sequence,
            State = feed.State with { Since = gone.Select(sequence => replaced[sequence]).Append(feed.State.Since).Max() },
        };
        if (feed.FirstDelete == 0 && swept.Find(static entry => entry.IsDelete) is { Sequence: not 0 } first)
        {
            feed = feed with { FirstDelete = first.Sequence, FirstDeleteAt = first.At };
        }

        return (feed, swept.Count == Batch);
    }

    /// <summary>Deletes up to the sequence that readers must have passed by now.</summary>
    private static async Task<(Progress Feed, bool More)> DropAsync(NpgsqlConnection connection, TenantId tenant, Progress feed)
    {
        if (feed.Dropped >= feed.State.Purged)
        {
            return (feed, false);
        }

        var batch = await ListAsync(connection, tenant, feed.Dropped, feed.State.Purged);
        var upTo = batch.Count == Batch ? batch[^1].Sequence : feed.State.Purged;
        await connection.ExecuteAsync(s_dropDeletes, tenant.Value, feed.Dropped, upTo);
        return (feed with { Dropped = upTo }, true);
    }

    private static (Progress Feed, bool More) Purge(Progress feed, long before) =>
        feed.FirstDelete == 0 || feed.FirstDeleteAt >= before - (long)s_patience.TotalMilliseconds
            ? (feed, false)
            : (feed with { State = feed.State.Purge(feed.Swept), Dropped = Math.Max(feed.Dropped, feed.FirstDelete - 1), FirstDelete = 0 }, true);

    private static Task<List<Entry>> ListAsync(NpgsqlConnection connection, TenantId tenant, long after, long upTo) => connection.ListAsync(
        $"SELECT sequence, previous, kind, changed_at FROM changes WHERE tenant = $1 AND sequence > $2 AND sequence <= $3 ORDER BY sequence LIMIT {Batch}",
        static row => new Entry(row.GetInt64(0), row.GetInt64(1), (ChangeKind)row.GetInt32(2) == ChangeKind.Delete, row.GetInt64(3)),
        CancellationToken.None,
        tenant.Value,
        after,
        upTo);

    private static Task<Progress> ReadAsync(NpgsqlConnection connection, TenantId tenant) => connection.FindAsync(
        $"SELECT {FeedTable.Columns}, swept, first_delete, first_delete_at, dropped FROM tenants WHERE id = $1 FOR UPDATE",
        static row => new Progress(FeedTable.Read(row).State, row.GetInt64(8), row.GetInt64(9), row.GetInt64(10), row.GetInt64(11)),
        CancellationToken.None,
        tenant.Value);

    private static Task<int> WriteAsync(NpgsqlConnection connection, TenantId tenant, Progress feed) => connection.ExecuteAsync(
        "UPDATE tenants SET base = $2, former = $3, purged = $4, since = $5, swept = $6, first_delete = $7, first_delete_at = $8, dropped = $9 WHERE id = $1",
        tenant.Value, feed.State.Base, feed.State.Former, feed.State.Purged, feed.State.Since, feed.Swept, feed.FirstDelete, feed.FirstDeleteAt, feed.Dropped);

    private readonly record struct Entry(long Sequence, long Previous, bool IsDelete, long At);

    /// <summary>As in the tenant's row.</summary>
    private readonly record struct Progress(FeedState State, long Swept, long FirstDelete, long FirstDeleteAt, long Dropped);
}
