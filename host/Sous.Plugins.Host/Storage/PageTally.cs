using Sous.Plugins.Host.Changes;

namespace Sous.Plugins.Host.Storage;

/// <summary>Takes the changes of pages one by one and counts what they did. For one page at a time.</summary>
internal sealed class PageTally
{
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    /// <param name="write">Is handed the changes that count, in their order.</param>
    /// <returns>Without the newest sequence.</returns>
    public CommitResult Write(IReadOnlyList<RecordChange> changes, Func<RecordChange, RecordEffect> write)
    {
        int inserted = 0, updated = 0, unchanged = 0, deleted = 0, held = 0;
        var superseded = Superseded(changes);
        for (var i = 0; i < changes.Count; i++)
        {
            if (superseded?.Contains(i) == true)
            {
                continue;
            }

            var effect = write(changes[i]);
            inserted += effect.HasFlag(RecordEffect.Inserted) ? 1 : 0;
            updated += effect.HasFlag(RecordEffect.Updated) ? 1 : 0;
            unchanged += effect == RecordEffect.Unchanged ? 1 : 0;
            deleted += effect.HasFlag(RecordEffect.Deleted) ? 1 : 0;
            held += effect.HasFlag(RecordEffect.Held) ? 1 : 0;
        }

        return new CommitResult(inserted, updated, unchanged, deleted, held, 0);
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
