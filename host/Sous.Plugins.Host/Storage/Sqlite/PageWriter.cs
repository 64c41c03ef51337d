using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing.Listings;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Commits pages: fence, records, feed, checkpoint and the run's counts, inside the transaction under way. Writer only.</summary>
internal sealed class PageWriter(Numbers numbers, RecordTable table, RecordWriter records, RunTable runs, CheckpointTable checkpoints, ListingTable listings)
{
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    /// <exception cref="StaleFenceException">Nothing was written.</exception>
    public CommitResult Commit(PageCommit page)
    {
        var (known, stream) = Admit(page.Tenant, page.Scope, page.Fence);
        var result = Write(page, numbers.Number(page.Tenant), known, stream);
        if (page.Next is { } next)
        {
            checkpoints.Write(known, page.Scope, next, page.Fence, page.At);
        }

        listings.Take(page, known.No, stream, numbers.NumberOf(page.Scope.Location));
        runs.Count(page.Run, result, 1);
        return result;
    }

    /// <summary>Deletes records that a complete listing does not name.</summary>
    /// <returns>How many were there to be deleted.</returns>
    /// <exception cref="StaleFenceException">Nothing was written.</exception>
    public int Delete(ListingWork work, IReadOnlyList<string> ids, long at)
    {
        var (known, stream) = Admit(work.Tenant, work.Scope, work.Fence);
        var feed = numbers.Number(work.Tenant);
        var deleted = 0;
        foreach (var id in ids)
        {
            if (table.Find(known.No, stream, id, default, out _) is { State: not RecordState.Deleted } row)
            {
                records.Delete(feed, row, at);
                deleted++;
            }
        }

        runs.Count(work.Run, new CommitResult(0, 0, 0, deleted, 0, feed.Pending.Last), 0);
        return deleted;
    }

    /// <returns>The connection and the stream's number.</returns>
    /// <exception cref="StaleFenceException">The run is not the sync's newest, or the connection is gone.</exception>
    public (StoredConnection Connection, long Stream) Admit(TenantId tenant, Scope scope, long fence)
    {
        var known = numbers.Find(scope.Connection);
        var stream = numbers.Find(scope.Stream.Value);
        return known is not null && !known.Deleted && known.Tenant == numbers.FeedOf(tenant).Pending.No && runs.FenceOf(known.No, stream) == fence
            ? (known, stream)
            : throw new StaleFenceException(scope.Connection, scope.Stream, fence);
    }

    private CommitResult Write(PageCommit page, TenantFeed feed, StoredConnection connection, long stream)
    {
        int inserted = 0, updated = 0, unchanged = 0, deleted = 0, held = 0;
        var at = page.At.ToUnixTimeMilliseconds();
        var superseded = Superseded(page.Changes);
        for (var i = 0; i < page.Changes.Count; i++)
        {
            if (superseded?.Contains(i) == true)
            {
                continue;
            }

            var effect = records.Write(feed, connection, stream, page.Changes[i], at);
            inserted += effect.HasFlag(RecordEffect.Inserted) ? 1 : 0;
            updated += effect.HasFlag(RecordEffect.Updated) ? 1 : 0;
            unchanged += effect == RecordEffect.Unchanged ? 1 : 0;
            deleted += effect.HasFlag(RecordEffect.Deleted) ? 1 : 0;
            held += effect.HasFlag(RecordEffect.Held) ? 1 : 0;
        }

        return new CommitResult(inserted, updated, unchanged, deleted, held, feed.Pending.Last);
    }

    // An id stands in a page once; where a driver breaks that, its last word counts.
    private HashSet<int>? Superseded(IReadOnlyList<RecordChange> changes)
    {
        _ids.Clear();
        HashSet<int>? superseded = null;
        for (var i = changes.Count - 1; i >= 0; i--)
        {
            if (!_ids.Add(changes[i].Id))
            {
                (superseded ??= []).Add(i);
            }
        }

        return superseded;
    }
}
