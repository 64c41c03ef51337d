using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>
/// Takes out of a tenant's feed what nobody needs any more, some rows in each transaction. Writer only.
/// <para>
/// An earlier version of a record is dropped once the one after it is older than the retention: whoever asks for what was known
/// within the retention never comes to it, and whoever reads the feed from where it stood gets the newer one. The newest version of
/// a record that exists is never dropped, so the feed from 0 always tells the whole state. Of a record's entries the oldest go first.
/// </para>
/// <para>
/// A delete is what a reader needs who has the record and has not read on: a reader of one location too, which a record has left.
/// Deletes that have been older than the retention for <see cref="s_patience"/> go all together, up to a sequence that becomes
/// <see cref="FeedState.Purged"/>, and a reader that stands below is refused. Whoever begins at 0 after that lacks nothing and
/// must get past the same sequences, so positions are told by other numbers from then on (<see cref="FeedState.Base"/>):
/// those told before are good from that sequence upwards, those told after are all good.
/// </para>
/// Each step is whole by itself and remembered with what it did: after a kill it goes on.
/// </summary>
internal sealed class Compactor(Session session)
{
    private const int Batch = 500;

    // Each purge sets back the readers that it meets below it, so there are few.
    private static readonly TimeSpan s_patience = TimeSpan.FromDays(30);

    private readonly Statement _next = session.Prepare("SELECT position, previous, kind, changed_at FROM changes WHERE position > ?1 AND position <= ?2 ORDER BY position LIMIT ?3");

    private readonly Statement _dropVersion = session.Prepare($"DELETE FROM changes WHERE position = ?1 AND kind = {(int)ChangeKind.Upsert}");

    private readonly Statement _dropDelete = session.Prepare($"DELETE FROM changes WHERE position = ?1 AND kind = {(int)ChangeKind.Delete}");

    private readonly Statement _dropRaw = session.Prepare("DELETE FROM raws WHERE position = ?1");

    private readonly Statement _find = session.Prepare("SELECT swept, first_delete, first_delete_at, dropped, base, former, purged, since FROM compactions WHERE tenant = ?1");

    private readonly Statement _put = session.Prepare("""
        INSERT OR REPLACE INTO compactions(tenant, swept, first_delete, first_delete_at, dropped, base, former, purged, since)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        """);

    /// <param name="feed">Written to in this transaction.</param>
    /// <param name="before">In milliseconds: what changed before it is older than the retention.</param>
    /// <returns>Whether there is more to do.</returns>
    public bool CompactSome(TenantFeed feed, long before)
    {
        ref var state = ref feed.Pending;
        var progress = Read(state.No);
        var more = Sweep(state, progress, before) || Drop(state, progress) || Purge(ref state, progress, before);
        state = state with { Since = Math.Max(state.Since, progress.Since) };
        Write(state, progress);
        return more;
    }

    /// <summary>Versions that have a newer one, as far as that is older than the retention.</summary>
    private bool Sweep(in FeedState state, Progress progress, long before)
    {
        var read = 0;
        foreach (var entry in ReadBatch(state.No, progress.Swept, state.Last))
        {
            if (entry.At >= before)
            {
                return false;
            }

            read++;
            progress.Swept = entry.Sequence;
            if (entry.Previous != 0 && Run(_dropVersion, Position.Of(state.No, entry.Previous)))
            {
                Run(_dropRaw, Position.Of(state.No, entry.Previous));
                progress.Since = Math.Max(progress.Since, entry.At);
            }

            if (entry.IsDelete && progress.FirstDelete == 0)
            {
                (progress.FirstDelete, progress.FirstDeleteAt) = (entry.Sequence, entry.At);
            }
        }

        return read == Batch;
    }

    /// <summary>Deletes up to the sequence that readers must have passed by now.</summary>
    private bool Drop(in FeedState state, Progress progress)
    {
        if (progress.Dropped >= state.Purged)
        {
            return false;
        }

        var batch = ReadBatch(state.No, progress.Dropped, state.Purged);
        foreach (var entry in batch.Where(static entry => entry.IsDelete))
        {
            Run(_dropDelete, Position.Of(state.No, entry.Sequence));
        }

        progress.Dropped = batch.Count == Batch ? batch[^1].Sequence : state.Purged;
        return true;
    }

    private static bool Purge(ref FeedState state, Progress progress, long before)
    {
        if (progress.FirstDelete == 0 || progress.FirstDeleteAt >= before - (long)s_patience.TotalMilliseconds)
        {
            return false;
        }

        progress.Dropped = Math.Max(progress.Dropped, progress.FirstDelete - 1);
        progress.FirstDelete = 0;
        state = state.Purge(progress.Swept);
        return true;
    }

    private List<Entry> ReadBatch(long tenant, long after, long upTo)
    {
        var batch = new List<Entry>(Batch);
        _next.Bind(1, Position.Of(tenant, after)).Bind(2, Position.Of(tenant, upTo)).Bind(3, Batch);
        while (_next.Step())
        {
            batch.Add(new Entry(Position.SequenceOf(_next.Int64(0)), _next.Int64(1), (ChangeKind)_next.Int64(2) == ChangeKind.Delete, _next.Int64(3)));
        }

        return batch;
    }

    private bool Run(Statement statement, long position)
    {
        var before = session.TotalChanges;
        statement.Bind(1, position).Run();
        return session.TotalChanges != before;
    }

    private Progress Read(long tenant)
    {
        var progress = new Progress();
        if (_find.Bind(1, tenant).Step())
        {
            (progress.Swept, progress.FirstDelete, progress.FirstDeleteAt, progress.Dropped) = (_find.Int64(0), _find.Int64(1), _find.Int64(2), _find.Int64(3));
            progress.Since = _find.Int64(7);
            _find.Reset();
        }

        return progress;
    }

    private void Write(in FeedState state, Progress progress) => _put.Bind(1, state.No)
        .Bind(2, progress.Swept).Bind(3, progress.FirstDelete).Bind(4, progress.FirstDeleteAt).Bind(5, progress.Dropped)
        .Bind(6, state.Base).Bind(7, state.Former).Bind(8, state.Purged).Bind(9, state.Since)
        .Run();

    private readonly record struct Entry(long Sequence, long Previous, bool IsDelete, long At);

    private sealed class Progress
    {
        /// <summary>Up to which entry those before it are dropped.</summary>
        public long Swept { get; set; }

        /// <summary>The first delete that is swept and not dropped, 0 for none.</summary>
        public long FirstDelete { get; set; }

        public long FirstDeleteAt { get; set; }

        /// <summary>Up to where deletes are dropped.</summary>
        public long Dropped { get; set; }

        public long Since { get; set; }
    }
}
