using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Sdk.Testing;

namespace Sous.Plugins.Host.Tests.Drivers.Inspection;

/// <summary>The conformance card that lies beside a driver: shown where it speaks of these bytes, and never a reason for anything.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class CardFileTests : IDisposable
{
    private readonly PluginsTree _tree = new();
    private readonly string _folder;

    public CardFileTests() => _folder = _tree.Add("Good");

    private string CardPath => Path.Combine(_folder, CardFile.FileName);

    [Fact]
    public void The_suites_own_card_of_this_build_is_shown_with_its_rules_as_the_authors_word()
    {
        WriteCard();

        var plugin = PluginInspection.Inspect(_folder);

        var card = Assert.IsType<DriverCard>(plugin.Conformance);
        Assert.Empty(plugin.Findings);
        Assert.Equal((CardGrade.Gold, true, typeof(ConformanceCard).Assembly.GetName().Version!.ToString(3)), (card.Grade, card.OfThisBuild, card.Suite));
        var all = ConformanceSuite.Rules.Count;
        Assert.Equal($"gold: {all - 1} of {all} rules met, 1 not applicable, as its author measured on 2026-03-14", card.Summary);
        Assert.Equal(ConformanceSuite.Rules.Select(static rule => (rule.Id, rule.Grade.ToString())), card.Rules.Select(static rule => (rule.Id, rule.Grade.ToString())));
    }

    [Theory]
    [InlineData("assemblySha256", "0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("assemblySha256", null)]
    [InlineData("version", "1.2.4")]
    [InlineData("driver", "better")]
    public void A_card_of_another_build_says_nothing_of_this_one(string member, string? value)
    {
        WriteCard(card => card[member] = value);

        var card = Assert.IsType<DriverCard>(PluginInspection.Inspect(_folder).Conformance);

        Assert.False(card.OfThisBuild);
        Assert.StartsWith("of another build", card.Summary, StringComparison.Ordinal);
    }

    public static TheoryData<string> Hostile => new()
    {
        "",
        "null",
        "[]",
        "{}",
        new string('[', 200_000),
        $$"""{ "driver": "{{new string('x', 300_000)}}" }""",
        "\0\u0001MZ",
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void What_is_no_card_counts_as_none_and_hinders_nothing(string text)
    {
        File.WriteAllText(CardPath, text);

        AssertNone();
    }

    [Theory]
    [InlineData("grade", "\"platinum\"")]
    [InlineData("grade", "\"silver\"")]
    [InlineData("grade", "3")]
    [InlineData("at", "\"yesterday\"")]
    [InlineData("driver", "\"good\\u001b[2J\"")]
    [InlineData("suite", "\"a b\"")]
    [InlineData("rules", "null")]
    [InlineData("rules", "[]")]
    [InlineData("rules", "[null]")]
    [InlineData("rules", "[{\"rule\":null,\"outcome\":\"met\"}]")]
    [InlineData("rules", "[{\"rule\":{\"id\":\"a\\nb\",\"grade\":\"gold\"},\"outcome\":\"met\"}]")]
    [InlineData("rules", "[{\"rule\":{\"id\":\"a\",\"grade\":\"gold\"},\"outcome\":\"won\"}]")]
    [InlineData("rules", "[{\"rule\":{\"id\":\"a\",\"grade\":\"none\"},\"outcome\":\"met\"}]")]
    [InlineData("rules", "[{\"rule\":{\"id\":\"a\",\"grade\":\"gold\"},\"outcome\":\"broken\"}]")]
    public void A_card_that_contradicts_itself_or_has_a_wrong_member_counts_as_none(string member, string json)
    {
        WriteCard(card => card[member] = JsonNode.Parse(json));

        AssertNone();
    }

    [Fact]
    public async Task The_catalog_shows_it_of_every_plugin_and_a_card_that_changes_is_part_of_what_a_pin_pins()
    {
        var before = FolderHash.Compute(_folder);
        WriteCard();
        Assert.NotEqual(before, FolderHash.Compute(_folder));
        var unlisted = _tree.Add("Good", "unlisted");
        File.Copy(CardPath, Path.Combine(unlisted, CardFile.FileName));
        _tree.List(PluginsTree.Entry("good", "Good"));

        using var catalog = await _tree.LoadAsync();

        Assert.Equal([CardGrade.Gold, CardGrade.Gold], catalog.Rows.Select(static row => DriverView.Of(row).Conformance!.Grade));

        // What goes on serving is told of, and not what lies there now.
        WriteCard(static card => card["driver"] = "other", "{");
        await catalog.RefreshAsync(TestContext.Current.CancellationToken);
        Assert.True(catalog.Rows.First(static row => row.Id == new DriverId("good")).Conformance?.OfThisBuild);
    }

    public void Dispose() => _tree.Dispose();

    private void AssertNone()
    {
        var plugin = PluginInspection.Inspect(_folder);
        Assert.Null(plugin.Conformance);
        Assert.Empty(plugin.Findings);
    }

    private void WriteCard(Action<JsonObject>? change = null, string? manifest = null)
    {
        var rules = ConformanceSuite.Rules.Select(static rule => new RuleResult(rule, rule.Id == "webhooks" ? RuleOutcome.NotApplicable : RuleOutcome.Met, [])).ToList();
        var card = JsonNode.Parse(new ConformanceCard
        {
            Driver = "good",
            Version = "1.2.3",
            Contract = "1.0",
            AssemblySha256 = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(_folder, "Fixture.Good.dll")))),
            At = new DateTimeOffset(2026, 3, 14, 9, 0, 0, TimeSpan.Zero),
            Grade = ConformanceCard.GradeOf(rules),
            Rules = rules,
        }.ToJson())!.AsObject();
        change?.Invoke(card);
        File.WriteAllText(CardPath, card.ToJsonString());
        if (manifest is not null)
        {
            File.WriteAllText(Path.Combine(_folder, "driver.json"), manifest);
        }
    }
}
