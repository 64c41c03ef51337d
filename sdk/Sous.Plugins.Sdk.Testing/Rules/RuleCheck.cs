using Sous.Plugins.Sdk.Testing.Bench;

namespace Sous.Plugins.Sdk.Testing.Rules;

/// <summary>Puts a driver at work to the test.</summary>
internal delegate Task RuleTrial(Workbench bench, Findings findings, CancellationToken cancellationToken);

/// <summary>A rule and how it is proved.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Trial">Its proof, or null for one that is read from the folder.</param>
internal sealed record RuleCheck(ConformanceRule Rule, RuleTrial? Trial)
{
    public static IReadOnlyList<RuleCheck> All { get; } =
    [
        Bronze("manifest", "Its manifest is valid, and describes its folder", null),
        Bronze("loads", "It loads from its own folder, as a host loads it", null),
        Bronze("construction", "Making it does no I/O and starts nothing", LoadingRules.ConstructAsync),
        Bronze("works", "Each of its calls succeeds at a healthy service", LoadingRules.WorkAsync),
        Bronze("pages", "Its pages and checkpoints are such as a host stores", PageRules.CheckAsync),
        Bronze("hosts", "It calls only the hosts that its manifest allows, and by the host's handler alone", LoadingRules.StayAsync),
        Bronze("unauthorized", "A dead token is Unauthorized", FailureRules.UnauthorizedAsync),
        Bronze("forbidden", "A lacking scope is Misconfigured", FailureRules.ForbiddenAsync),
        Bronze("rate-limited", "Too many requests are RateLimited, with the wait that the service asked for", FailureRules.RateLimitedAsync),
        Bronze("server-error", "A service that is unwell is Transient", FailureRules.ServerErrorAsync),
        Bronze("time-out", "A service that does not answer is Transient", FailureRules.TimeOutAsync),
        Bronze("truncated", "An answer that is not whole is Transient", FailureRules.TruncatedAsync),
        Bronze("html", "A page of HTML is something on the way, and Transient, whatever its status", FailureRules.HtmlAsync),
        Bronze("repeated-page", "A page that comes again is not taken for the next one", PagingRule.CheckAsync),
        Silver("no-retries", "It retries nothing: that is the host's", FailureRules.RetryNothingAsync),
        Silver("cancel", "It ends within a second of being cancelled", CancelRule.CheckAsync),
        Silver("resume", "Taken up again at any checkpoint, or after a failure, it loses nothing", ResumeRules.LoseNothingAsync),
        Silver("checkpoints", "A checkpoint that it cannot read is Misconfigured, or begins the whole anew", StateRules.ReadCheckpointsAsync),
        Silver("stands-alone", "Its calls keep out of each other's way, at once and in turn", StateRules.StandAloneAsync),
        Silver("secrets", "No secret is in its errors, records, checkpoints or log", SecretRule.CheckAsync),
        Gold("repeats-nothing", "Taken up again at any checkpoint, it repeats nothing", ResumeRules.RepeatNothingAsync),
        Gold("same-again", "The same state gives the same records, however they are asked for", ResumeRules.SameAgainAsync),
        Gold("sums", "The amounts of its sales agree, or it says that they do not", SumRules.AddUpAsync),
        Gold("day-totals", "The sales of a day add up to what the service tells of that day", SumRules.TieOutAsync),
        Gold("webhooks", "Genuine webhooks are taken and forged ones refused", WebhookRule.CheckAsync),
        Gold("disposal", "After its disposal no timer, thread, task or handler is alive", DisposalRule.CheckAsync),
    ];

    private static RuleCheck Bronze(string id, string sentence, RuleTrial? trial) => new(new ConformanceRule(id, ConformanceGrade.Bronze, sentence), trial);

    private static RuleCheck Silver(string id, string sentence, RuleTrial trial) => new(new ConformanceRule(id, ConformanceGrade.Silver, sentence), trial);

    private static RuleCheck Gold(string id, string sentence, RuleTrial trial) => new(new ConformanceRule(id, ConformanceGrade.Gold, sentence), trial);
}
