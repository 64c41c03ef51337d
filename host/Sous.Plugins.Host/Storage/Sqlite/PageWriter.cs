using Sous.Plugins.Host.Changes;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Commits pages: fence, records, feed, checkpoint and the run's counts, inside the transaction under way. Writer only.</summary>
internal sealed class PageWriter(Numbers numbers, RecordWriter records, RunTable runs, CheckpointTable checkpoints)
{
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    /// <exception cref="StaleFenceException">Nothing was written.</exception>
    public CommitResult Commit(PageCommit page)
    {
        var known = numbers.Find(page.Scope.Connection);
        var stream = numbers.Find(page.Scope.Stream.Value);
        if (known is null || known.Deleted || known.Tenant != numbers.FeedOf(page.Tenant).Pending.No || runs.FenceOf(known.No, stream) != page.Fence)
        {
            throw new StaleFenceException(page.Scope.Connection, page.Scope.Stream, page.Fence);
        }

        var result = Write(page, numbers.Number(page.Tenant), known, stream);
        if (page.Next is { } next)
        {
            checkpoints.Write(known, page.Scope, next);
        }

        runs.Count(page.Run, result);
        return result;
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
