using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing.Listings;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Commits pages: fence, records, feed, checkpoint and the run's counts, inside the transaction under way. Writer only.</summary>
internal sealed class PageWriter(Numbers numbers, RecordTable table, RecordWriter records, RunTable runs, CheckpointTable checkpoints, ListingTable listings)
{
    private readonly PageTally _tally = new();

    /// <exception cref="StaleFenceException">Nothing was written.</exception>
    public CommitResult Commit(PageCommit page)
    {
        var (known, stream) = Admit(page.Tenant, page.Scope, page.Fence);
        var feed = numbers.Number(page.Tenant);
        var at = page.At.ToUnixTimeMilliseconds();
        var result = _tally.Write(page.Changes, change => records.Write(feed, known, stream, change, at)) with { LastSequence = feed.Pending.Last };
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
}
