namespace Sous.Plugins.Sdk.Testing.Calls;

/// <summary>A page of any stream, or what a call without pages gave.</summary>
/// <param name="Records">Its records.</param>
/// <param name="Next">The position after it; null for a call without pages.</param>
/// <param name="Listing">Whether it belongs to a complete listing.</param>
internal sealed record PageView(IReadOnlyList<RecordView> Records, Checkpoint? Next, Listing Listing)
{
    public static PageView Of<T>(SyncPage<T> page)
        where T : class
        => new([.. page.Changes.Select(RecordView.Of)], page.Next, page.Listing);

    public static PageView Of(params RecordView[] records) => new(records, null, Listing.None);

    /// <summary>What somebody has who kept the pages: each record that is there, in its latest version.</summary>
    public static SortedDictionary<string, string> StateOf(IEnumerable<PageView> pages)
    {
        var state = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var record in pages.SelectMany(page => page.Records))
        {
            if (record.Kind == ChangeKind.Delete)
            {
                state.Remove(record.Id);
            }
            else
            {
                state[record.Id] = record.Text;
            }
        }

        return state;
    }

    /// <summary>How two states differ, in a few words; null where they do not.</summary>
    public static string? Compare(SortedDictionary<string, string> wanted, SortedDictionary<string, string> had)
    {
        var lost = wanted.Keys.Where(id => !had.ContainsKey(id)).ToList();
        var added = had.Keys.Where(id => !wanted.ContainsKey(id)).ToList();
        var other = wanted.Where(record => had.TryGetValue(record.Key, out var text) && text != record.Value).Select(record => record.Key).ToList();
        string[] words = [.. Tell(lost, "missing"), .. Tell(added, "too many"), .. Tell(other, "different")];
        return words.Length == 0 ? null : string.Join(", ", words);
    }

    private static string[] Tell(List<string> ids, string what)
        => ids.Count == 0 ? [] : [$"{ids.Count} {what} ({string.Join(", ", ids.Take(3))}{(ids.Count > 3 ? ", …" : "")})"];
}
