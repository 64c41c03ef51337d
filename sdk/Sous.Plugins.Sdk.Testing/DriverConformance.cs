using Xunit;

namespace Sous.Plugins.Sdk.Testing;

/// <summary>
/// The conformance suite, a test for each rule. Inherit it in one class, say where the driver is and what service it is to be
/// tried at, and run the tests. The last one prints the card, attaches it, and writes it as JSON beside the tests.
/// </summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1707", Justification = "A test's name is a sentence.")]
public abstract class DriverConformance : IClassFixture<ConformanceFixture>
{
    /// <summary>The driver's folder as it is deployed: driver.json, its DLL and what it brings along, without the SDK.</summary>
    protected abstract string DriverFolder { get; }

    /// <summary>The grade that the driver is meant to have. Broken rules above it are reported as skipped, and stand on the card.</summary>
    protected virtual ConformanceGrade Aim => ConformanceGrade.Gold;

    /// <summary>Where the card is written as JSON; null for nowhere.</summary>
    protected virtual string? CardPath => Path.Combine(AppContext.BaseDirectory, "conformance", $"{Path.GetFileName(Path.TrimEndingDirectorySeparator(DriverFolder))}.json");

    /// <summary>Starts the service that the driver is tried at. Called once for all tests of the class.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    protected abstract ValueTask<SampleService> StartServiceAsync(CancellationToken cancellationToken);

    /// <summary>The rule <c>manifest</c>.</summary>
    [Fact]
    public Task Its_manifest_is_valid_and_describes_its_folder() => ProveAsync("manifest");

    /// <summary>The rule <c>loads</c>.</summary>
    [Fact]
    public Task It_loads_from_its_own_folder_as_a_host_loads_it() => ProveAsync("loads");

    /// <summary>The rule <c>construction</c>.</summary>
    [Fact]
    public Task Making_it_does_no_IO_and_starts_nothing() => ProveAsync("construction");

    /// <summary>The rule <c>works</c>.</summary>
    [Fact]
    public Task Each_of_its_calls_succeeds_at_a_healthy_service() => ProveAsync("works");

    /// <summary>The rule <c>pages</c>.</summary>
    [Fact]
    public Task Its_pages_and_checkpoints_are_such_as_a_host_stores() => ProveAsync("pages");

    /// <summary>The rule <c>hosts</c>.</summary>
    [Fact]
    public Task It_calls_only_the_hosts_that_its_manifest_allows() => ProveAsync("hosts");

    /// <summary>The rule <c>unauthorized</c>.</summary>
    [Fact]
    public Task A_dead_token_is_unauthorized() => ProveAsync("unauthorized");

    /// <summary>The rule <c>forbidden</c>.</summary>
    [Fact]
    public Task A_lacking_scope_is_misconfigured() => ProveAsync("forbidden");

    /// <summary>The rule <c>rate-limited</c>.</summary>
    [Fact]
    public Task Too_many_requests_are_rate_limited_with_the_wait_that_was_asked_for() => ProveAsync("rate-limited");

    /// <summary>The rule <c>server-error</c>.</summary>
    [Fact]
    public Task A_service_that_is_unwell_is_transient() => ProveAsync("server-error");

    /// <summary>The rule <c>time-out</c>.</summary>
    [Fact]
    public Task A_service_that_does_not_answer_is_transient() => ProveAsync("time-out");

    /// <summary>The rule <c>truncated</c>.</summary>
    [Fact]
    public Task An_answer_that_is_not_whole_is_transient() => ProveAsync("truncated");

    /// <summary>The rule <c>html</c>.</summary>
    [Fact]
    public Task A_page_of_HTML_is_transient_whatever_its_status() => ProveAsync("html");

    /// <summary>The rule <c>repeated-page</c>.</summary>
    [Fact]
    public Task A_page_that_comes_again_is_not_taken_for_the_next_one() => ProveAsync("repeated-page");

    /// <summary>The rule <c>no-retries</c>.</summary>
    [Fact]
    public Task It_retries_nothing() => ProveAsync("no-retries");

    /// <summary>The rule <c>cancel</c>.</summary>
    [Fact]
    public Task It_ends_within_a_second_of_being_cancelled() => ProveAsync("cancel");

    /// <summary>The rule <c>resume</c>.</summary>
    [Fact]
    public Task Taken_up_again_at_any_checkpoint_it_loses_nothing() => ProveAsync("resume");

    /// <summary>The rule <c>checkpoints</c>.</summary>
    [Fact]
    public Task A_checkpoint_that_it_cannot_read_is_not_passed_over() => ProveAsync("checkpoints");

    /// <summary>The rule <c>stands-alone</c>.</summary>
    [Fact]
    public Task Its_calls_keep_out_of_each_others_way() => ProveAsync("stands-alone");

    /// <summary>The rule <c>secrets</c>.</summary>
    [Fact]
    public Task No_secret_is_in_its_errors_records_or_log() => ProveAsync("secrets");

    /// <summary>The rule <c>repeats-nothing</c>.</summary>
    [Fact]
    public Task Taken_up_again_at_any_checkpoint_it_repeats_nothing() => ProveAsync("repeats-nothing");

    /// <summary>The rule <c>same-again</c>.</summary>
    [Fact]
    public Task The_same_state_gives_the_same_records() => ProveAsync("same-again");

    /// <summary>The rule <c>sums</c>.</summary>
    [Fact]
    public Task The_amounts_of_its_sales_agree() => ProveAsync("sums");

    /// <summary>The rule <c>day-totals</c>.</summary>
    [Fact]
    public Task The_sales_of_a_day_add_up_to_what_the_service_tells_of_it() => ProveAsync("day-totals");

    /// <summary>The rule <c>webhooks</c>.</summary>
    [Fact]
    public Task Genuine_webhooks_are_taken_and_forged_ones_refused() => ProveAsync("webhooks");

    /// <summary>The rule <c>disposal</c>.</summary>
    [Fact]
    public Task After_its_disposal_nothing_of_it_is_alive() => ProveAsync("disposal");

    /// <summary>The card: every rule, and the grade that they come to.</summary>
    [Fact]
    public async Task It_has_the_grade_that_it_aims_at()
    {
        var context = TestContext.Current;
        var card = await (await SuiteAsync().ConfigureAwait(false)).GradeAsync(context.CancellationToken).ConfigureAwait(false);
        context.TestOutputHelper?.WriteLine(card.ToString());
        context.AddAttachment("conformance.json", card.ToJson());
        if (CardPath is { } path)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path) ?? ".");
            await File.WriteAllTextAsync(path, card.ToJson(), context.CancellationToken).ConfigureAwait(false);
        }

        Assert.True(card.Grade >= Aim, card.ToString());
    }

    private async Task ProveAsync(string rule)
    {
        var result = await (await SuiteAsync().ConfigureAwait(false)).CheckAsync(rule, TestContext.Current.CancellationToken).ConfigureAwait(false);
        var said = string.Join(Environment.NewLine, result.Said);
        switch (result.Outcome)
        {
            case RuleOutcome.Broken when result.Rule.Grade > Aim:
                Assert.Skip($"Not met, and above the aim of {Aim}: {said}");
                break;
            case RuleOutcome.Broken:
                Assert.Fail(said);
                break;
            case RuleOutcome.NotApplicable or RuleOutcome.NotRun:
                Assert.Skip($"{(result.Outcome == RuleOutcome.NotRun ? "Not run" : "Not applicable")}: {said}");
                break;
        }
    }

    private async ValueTask<ConformanceSuite> SuiteAsync()
    {
        var fixture = await TestContext.Current.GetFixture<ConformanceFixture>().ConfigureAwait(false) ?? throw new InvalidOperationException("xUnit made no fixture for this class.");
        return fixture.Get(() => new ConformanceSuite(DriverFolder, StartServiceAsync));
    }
}
