using System.Text.Json;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Drivers.Tests.Square;

/// <summary>What tests ask of pages.</summary>
internal static class Pages
{
    public static List<Sale> Sales(this IEnumerable<SyncPage<Sale>> pages) => [.. pages.SelectMany(page => page.Changes).Select(change => change.Record!)];

    public static List<string> Ids<T>(this IEnumerable<SyncPage<T>> pages)
        where T : class
        => [.. pages.SelectMany(page => page.Changes).Select(change => change.Id)];

    /// <summary>Each record as text, by its id; a later one takes the place of an earlier.</summary>
    public static SortedDictionary<string, string> Texts(this IEnumerable<SyncPage<Sale>> pages)
    {
        var texts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var change in pages.SelectMany(page => page.Changes))
        {
            texts[change.Id] = JsonSerializer.Serialize(change.Record) + System.Text.Encoding.UTF8.GetString(change.Raw.Span);
        }

        return texts;
    }

    public static Checkpoint End<T>(this IReadOnlyList<SyncPage<T>> pages)
        where T : class
        => pages[^1].Next;
}
