using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Sous.Plugins.Host.Live.Development;

/// <summary>What is different between two mappings of the same page.</summary>
/// <param name="Members">In how many of the changed records each member differs, the most first; places in lists are left out of the paths.</param>
/// <param name="Records">The first of them, and of each the first members.</param>
internal sealed partial record PageDiff(int Added, int Removed, int Changed, IReadOnlyList<MemberCount> Members, IReadOnlyList<RecordDifference> Records)
{
    private const int MostRecords = 20;
    private const int MostMembers = 12;
    private const int LongestValue = 120;

    private static readonly JsonSerializerOptions s_written = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static PageDiff Of(IReadOnlyList<PageRecord> before, IReadOnlyList<PageRecord> after)
    {
        var (old, now) = (before.ToDictionary(static record => record.Id, StringComparer.Ordinal), after.ToDictionary(static record => record.Id, StringComparer.Ordinal));
        var added = after.Where(record => !old.ContainsKey(record.Id)).Select(static record => new RecordDifference(record.Id, DifferenceKind.Added, [])).ToList();
        var removed = before.Where(record => !now.ContainsKey(record.Id)).Select(static record => new RecordDifference(record.Id, DifferenceKind.Removed, [])).ToList();
        var changed = after.Where(record => old.ContainsKey(record.Id))
            .Select(record => new RecordDifference(record.Id, DifferenceKind.Changed, [.. Compare("", old[record.Id].Body, record.Body)]))
            .Where(static record => record.Members.Count > 0)
            .ToList();
        var members = changed
            .SelectMany(static record => record.Members.Select(static member => Place().Replace(member.Path, "[]")).Distinct(StringComparer.Ordinal))
            .CountBy(static path => path, StringComparer.Ordinal)
            .Select(static member => new MemberCount(member.Key, member.Value))
            .OrderByDescending(static member => member.Records);
        return new PageDiff(
            added.Count, removed.Count, changed.Count, [.. members.Take(MostMembers)],
            [.. changed.Concat(added).Concat(removed).Take(MostRecords).Select(static record => record with { Members = [.. record.Members.Take(MostMembers)] })]);
    }

    private static IEnumerable<MemberDifference> Compare(string path, JsonNode? old, JsonNode? now) => (old, now) switch
    {
        (JsonObject before, JsonObject after) => before.Select(static member => member.Key).Union(after.Select(static member => member.Key), StringComparer.Ordinal)
            .SelectMany(name => Compare(path.Length == 0 ? name : $"{path}.{name}", before[name], after[name])),
        (JsonArray before, JsonArray after) => Enumerable.Range(0, Math.Max(before.Count, after.Count))
            .SelectMany(place => Compare($"{path}[{place}]", before.ElementAtOrDefault(place), after.ElementAtOrDefault(place))),
        _ => JsonNode.DeepEquals(old, now) ? [] : [new MemberDifference(path, Text(old), Text(now))],
    };

    private static string? Text(JsonNode? value)
        => value?.ToJsonString(s_written) is not { } text ? null : text.Length <= LongestValue ? text : $"{text[..LongestValue]}…";

    [GeneratedRegex(@"\[\d+\]")]
    private static partial Regex Place();
}
