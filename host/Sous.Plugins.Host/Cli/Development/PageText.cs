using System.Text.Json.Nodes;

namespace Sous.Plugins.Host.Cli.Development;

/// <summary>A compared page in words.</summary>
internal static class PageText
{
    private const int MostRecords = 5;
    private const int MostMembers = 6;

    public static bool Differs(JsonNode? page)
        => page?["diff"] is { } diff && Count(diff, "added") + Count(diff, "removed") + Count(diff, "changed") > 0;

    public static IEnumerable<string> Lines(JsonNode? page)
    {
        if (page is null)
        {
            yield break;
        }

        var records = $"{Count(page, "records")} records of {(string?)page["stream"]}{((string?)page["location"] is { } location ? $" of {location}" : "")}";
        if ((string?)page["recordedAnew"] is { } anew)
        {
            yield return anew;
        }

        if (page["diff"] is not { } diff)
        {
            yield return $"Recorded {records}, to compare the next build with.";
            yield break;
        }

        var with = $"generation {Count(page, "comparedWith")}";
        if (!Differs(page))
        {
            yield return $"The same {records} as {with}.";
            yield break;
        }

        yield return $"{records}: {Count(diff, "changed")} changed, {Count(diff, "added")} added, {Count(diff, "removed")} removed since {with}.";
        if (Items(diff, "members") is { Count: > 0 } members)
        {
            yield return $"  {string.Join(", ", members.Select(static member => $"{(string?)member["path"]} in {Count(member, "records")}"))}";
        }

        foreach (var line in Items(diff, "records").Take(MostRecords).SelectMany(Record))
        {
            yield return line;
        }

        var left = Count(diff, "added") + Count(diff, "removed") + Count(diff, "changed") - MostRecords;
        if (left > 0)
        {
            yield return $"  and {left} more";
        }
    }

    private static IEnumerable<string> Record(JsonNode record)
    {
        var members = Items(record, "members");
        yield return $"{((string?)record["kind"] switch { "added" => "+", "removed" => "-", _ => "~" })} {(string?)record["id"]}";
        foreach (var member in members.Take(MostMembers))
        {
            yield return $"    {(string?)member["path"] ?? ""}: {(string?)member["old"] ?? "(absent)"} → {(string?)member["new"] ?? "(absent)"}";
        }

        if (members.Count > MostMembers)
        {
            yield return "    and more";
        }
    }

    private static List<JsonNode> Items(JsonNode node, string name) => [.. (node[name]?.AsArray() ?? []).OfType<JsonNode>()];

    private static int Count(JsonNode node, string name) => (int?)node[name] ?? 0;
}
