using Sous.Plugins.Sdk.Testing;

namespace Sous.Plugins.Sdk.Tests.Conformance;

/// <summary>The suite can fail: for each rule there is a driver that breaks it, and the suite finds that and nothing else.</summary>
public sealed class ConformanceSuiteTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>What the driver breaks; a rule that can be broken in several ways stands before a comma.</summary>
    public static TheoryData<string> Breaches =>
    [
        "construction", "construction, by a request", "construction, past the handler", "works", "pages", "hosts", "hosts, past the handler", "unauthorized", "forbidden", "rate-limited", "server-error", "time-out",
        "truncated", "html", "repeated-page", "repeated-page, by ending", "no-retries", "cancel", "cancel, by not listening", "resume",
        "checkpoints", "stands-alone", "secrets", "secrets, in the log", "secrets, in a checkpoint", "repeats-nothing", "same-again", "same-again, by leaving out", "sums", "day-totals",
        "webhooks", "webhooks, without a signature", "webhooks, by an exception", "disposal, by a timer", "disposal, by a thread", "disposal, by a handler", "disposal, by an answer",
    ];

    [Fact]
    public async Task A_driver_that_keeps_to_every_rule_has_gold()
    {
        await using var suite = Shop.Breaking(null);

        var card = await suite.GradeAsync(Token);

        Assert.All(card.Rules, result => Assert.True(result.Outcome == RuleOutcome.Met, card.ToString()));
        Assert.Equal(ConformanceGrade.Gold, card.Grade);
        Assert.Equal(ConformanceSuite.Rules, card.Rules.Select(result => result.Rule));
    }

    [Theory]
    [MemberData(nameof(Breaches))]
    public async Task A_driver_that_breaks_a_rule_is_found_to_break_just_that_one(string breach)
    {
        await using var suite = Shop.Breaking(breach);

        var card = await suite.GradeAsync(Token);

        var broken = card.Rules.Where(result => result.Outcome != RuleOutcome.Met).ToList();
        Assert.True(broken is [var only] && only.Rule.Id == breach.Split(',')[0] && only.Outcome == RuleOutcome.Broken, card.ToString());
        Assert.Equal(broken[0].Rule.Grade - 1, card.Grade);
        Assert.DoesNotContain(ShopService.Key, card.ToJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_rule_has_a_driver_that_breaks_it()
        => Assert.Equal(ConformanceSuite.Rules.Select(rule => rule.Id).Order(), Breaches.Select(breach => breach.Data.Split(',')[0]).Append("manifest").Append("loads").Distinct().Order());

    [Theory]
    [InlineData("manifest", "*/15 * * * *", "whenever")]
    [InlineData("manifest", "\"version\": \"1.0.0\"", "\"version\": \"one\"")]
    [InlineData("loads", "\"id\": \"shop\"", "\"id\": \"stall\"")]
    [InlineData("loads", "\"contract\": \"1.0\"", "\"contract\": \"0.9\"")]
    public async Task A_manifest_that_does_not_fit_is_found(string rule, string said, string instead)
    {
        using var folder = new CopiedFolder(Shop.Folder);
        folder.Replace("driver.json", said, instead);
        await using var suite = Shop.Breaking(null, folder.Path);

        var card = await suite.GradeAsync(Token);

        Assert.Equal([rule], card.Rules.Where(result => result.Outcome != RuleOutcome.Met).Select(result => result.Rule.Id));
    }

    [Fact]
    public async Task A_folder_that_carries_the_contract_is_found()
    {
        using var folder = new CopiedFolder(Shop.Folder);
        File.Copy(typeof(IDriver).Assembly.Location, Path.Combine(folder.Path, "Sous.Plugins.Sdk.dll"));
        await using var suite = Shop.Breaking(null, folder.Path);

        Assert.Equal(["loads"], (await suite.GradeAsync(Token)).Rules.Where(result => result.Outcome != RuleOutcome.Met).Select(result => result.Rule.Id));
    }

    [Fact]
    public async Task A_driver_that_cannot_be_made_is_said_to_keep_to_nothing_else()
    {
        await using var suite = Shop.Breaking("construction, by throwing");

        var card = await suite.GradeAsync(Token);

        Assert.Equal(["manifest", "loads"], card.Rules.Where(result => result.Outcome == RuleOutcome.Met).Select(result => result.Rule.Id));
        Assert.Equal(["construction"], card.Rules.Where(result => result.Outcome == RuleOutcome.Broken).Select(result => result.Rule.Id));
        Assert.Contains("Broken on purpose", card.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_that_do_not_fit_are_the_authors_to_mend_and_no_rule_of_the_drivers()
    {
        await using var suite = new ConformanceSuite(Shop.Folder, _ => new(Shop.Service("""{"break":"webhooks"}""")));

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => suite.GradeAsync(Token));

        Assert.Contains("Settings", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_loaded_is_not_said_to_keep_to_anything()
    {
        using var folder = new CopiedFolder(Shop.Folder);
        File.WriteAllText(Path.Combine(folder.Path, "Fixture.Shop.dll"), "no assembly");
        await using var suite = Shop.Breaking(null, folder.Path);

        var card = await suite.GradeAsync(Token);

        Assert.Equal(ConformanceGrade.None, card.Grade);
        Assert.Equal(["manifest"], card.Rules.Where(result => result.Outcome == RuleOutcome.Met).Select(result => result.Rule.Id));
        Assert.Equal(["loads"], card.Rules.Where(result => result.Outcome == RuleOutcome.Broken).Select(result => result.Rule.Id));
    }
}
