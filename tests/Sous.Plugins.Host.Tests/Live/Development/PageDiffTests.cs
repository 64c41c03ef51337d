using System.Text.Json.Nodes;
using Sous.Plugins.Host.Live.Development;

namespace Sous.Plugins.Host.Tests.Live.Development;

public sealed class PageDiffTests
{
    [Fact]
    public void The_same_records_in_another_order_are_no_difference()
    {
        var diff = PageDiff.Of([Record("a", """{"n":1}"""), Record("b", """{"n":2}""")], [Record("b", """{"n":2}"""), Record("a", """{"n":1}""")]);

        Assert.Equal((0, 0, 0), (diff.Added, diff.Removed, diff.Changed));
        Assert.Empty(diff.Records);
    }

    [Fact]
    public void A_changed_member_is_named_by_its_path_with_what_it_was_and_is()
    {
        var diff = PageDiff.Of(
            [Record("a", """{"total":{"minor":100,"currency":"EUR"},"lines":[{"name":"soup"},{"name":"tea"}],"note":"x"}""")],
            [Record("a", """{"total":{"minor":120,"currency":"EUR"},"lines":[{"name":"soup"},{"name":"té"},{"name":"pie"}],"tip":"5"}""")]);

        var record = Assert.Single(diff.Records);
        Assert.Equal(("a", DifferenceKind.Changed), (record.Id, record.Kind));
        Assert.Equal(
            [
                new MemberDifference("total.minor", "100", "120"),
                new MemberDifference("lines[1].name", "\"tea\"", "\"té\""),
                new MemberDifference("lines[2]", null, """{"name":"pie"}"""),
                new MemberDifference("note", "\"x\"", null),
                new MemberDifference("tip", null, "\"5\""),
            ],
            record.Members);
    }

    [Fact]
    public void Members_are_counted_by_the_records_that_they_differ_in_wherever_in_a_list()
    {
        var diff = PageDiff.Of(
            [Record("a", """{"lines":[{"n":1},{"n":2}],"x":1}"""), Record("b", """{"lines":[{"n":1}],"x":1}""")],
            [Record("a", """{"lines":[{"n":7},{"n":8}],"x":1}"""), Record("b", """{"lines":[{"n":7}],"x":2}""")]);

        Assert.Equal([new MemberCount("lines[].n", 2), new MemberCount("x", 1)], diff.Members);
    }

    [Fact]
    public void Records_come_go_and_become_deletes()
    {
        var diff = PageDiff.Of([Record("a", "{}"), Record("b", """{"n":1}""")], [Record("b", null), Record("c", "{}")]);

        Assert.Equal((1, 1, 1), (diff.Added, diff.Removed, diff.Changed));
        Assert.Equal(["b Changed", "c Added", "a Removed"], diff.Records.Select(static record => $"{record.Id} {record.Kind}"));
    }

    [Fact]
    public void Whatever_differs_the_answer_is_bounded()
    {
        var before = Enumerable.Range(0, 1000).Select(static i => Record($"{i}", Wide(i, 'a'))).ToList();
        var after = Enumerable.Range(0, 1000).Select(static i => Record($"{i}", Wide(i, 'b'))).ToList();

        var diff = PageDiff.Of(before, after);

        Assert.Equal(1000, diff.Changed);
        Assert.Equal((20, 12), (diff.Records.Count, diff.Members.Count));
        Assert.All(diff.Records, static record => Assert.Equal(12, record.Members.Count));
        Assert.All(diff.Records.SelectMany(static record => record.Members), static member => Assert.InRange(member.New!.Length, 1, 121));
    }

    private static string Wide(int seed, char letter)
        => new JsonObject([.. Enumerable.Range(0, 40).Select(i => KeyValuePair.Create($"m{i}", (JsonNode?)$"{seed}{new string(letter, 500)}"))]).ToJsonString();

    private static PageRecord Record(string id, string? body) => new(id, body is null ? null : JsonNode.Parse(body));
}
