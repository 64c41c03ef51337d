using System.Globalization;
using System.Net.Http.Headers;
using Sous.Plugins.Sdk.Testing.Bench;
using Sous.Plugins.Sdk.Testing.Calls;
using Sous.Plugins.Sdk.Testing.Wire;

namespace Sous.Plugins.Sdk.Testing.Rules;

/// <summary>Each way in which a service fails is told by the failure that names who must act.</summary>
internal static class FailureRules
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(17);

    public static Task UnauthorizedAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
        => ProveAsync(bench, findings, [Fault.Status(bench.Service.Unauthorized)], Expect(FailureKind.Unauthorized), cancellationToken);

    public static Task ForbiddenAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
        => ProveAsync(bench, findings, [Fault.Status(bench.Service.Forbidden)], Expect(FailureKind.Misconfigured), cancellationToken);

    public static async Task RateLimitedAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
    {
        var until = bench.Service.Clock.GetUtcNow().AddMinutes(3);
        var seconds = Fault.Status(new ServiceAnswer(429, "{}"), new RetryConditionHeaderValue(Wait));
        var date = Fault.Status(new ServiceAnswer(429, "{}"), new RetryConditionHeaderValue(until));
        await ProveAsync(bench, findings, [seconds], failure => Limited(failure, failure.RetryAfter == Wait), cancellationToken).ConfigureAwait(false);
        await ProveAsync(bench, findings, [date], failure => Limited(failure, IsUntil(failure.RetryAfter)), cancellationToken).ConfigureAwait(false);

        // HTTP's dates have whole seconds, and the clock may go on meanwhile.
        bool IsUntil(TimeSpan? wait) => wait is { } told && Math.Abs((bench.Service.Clock.GetUtcNow() + told - until).TotalSeconds) < 5;

        static string? Limited(DriverException failure, bool rightWait) => failure.Kind != FailureKind.RateLimited
            ? Wrong(failure, FailureKind.RateLimited)
            : rightWait ? null : string.Create(CultureInfo.InvariantCulture, $"it told a wait of {failure.RetryAfter?.ToString() ?? "nothing"}");
    }

    public static Task ServerErrorAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
        => ProveAsync(bench, findings,
            [Fault.Status(new ServiceAnswer(500, "{}")), Fault.Html(502), Fault.Status(new ServiceAnswer(503, "") { MediaType = "text/plain" }), Fault.Status(new ServiceAnswer(504, "{}"))],
            Expect(FailureKind.Transient), cancellationToken);

    public static Task TimeOutAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
        => ProveAsync(bench, findings, [Fault.ClientTimeOut, Fault.NoAnswer, Fault.Refused], Expect(FailureKind.Transient), cancellationToken);

    public static Task TruncatedAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
        => ProveAsync(bench, findings, [Fault.BrokenOff, Fault.Truncated(0.5), Fault.Truncated(0)], Expect(FailureKind.Transient), cancellationToken);

    public static Task HtmlAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
        => ProveAsync(bench, findings, [Fault.Html(200), Fault.Html(401), Fault.Html(403)], Expect(FailureKind.Transient), cancellationToken);

    /// <summary>What was asked and failed is not asked again: a host waits and tries again by itself, and counts it against the budget.</summary>
    public static async Task RetryNothingAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
    {
        Fault[] faults = [Fault.Status(new ServiceAnswer(503, "{}")), Fault.Status(new ServiceAnswer(429, "{}"), new RetryConditionHeaderValue(TimeSpan.Zero)), Fault.NoAnswer];
        await EachAsync(bench, faults, (run, fault, plan, _) =>
        {
            findings.Try();
            if (plan.Hit is { } hit && plan.After.Any(hit.IsSame))
            {
                findings.Add($"The {run.Call.Name} sent {hit} again after {fault.Name}: retrying is the host's.");
            }
        }, cancellationToken).ConfigureAwait(false);
    }

    private static async Task ProveAsync(Workbench bench, Findings findings, Fault[] faults, Func<DriverException, string?> judge, CancellationToken cancellationToken)
    {
        await EachAsync(bench, faults, (run, fault, plan, outcome) =>
        {
            findings.Try(plan.Hit is null ? 0 : 1);
            if (plan.Hit is { } hit && Judge(run, plan, outcome, judge) is { } said)
            {
                findings.Add($"The {run.Call.Name}, given {fault.Name} for {hit}: {said}.");
            }
        }, cancellationToken).ConfigureAwait(false);
        if (findings.Tries == 0)
        {
            findings.NotApplicable("No call that works has an answer that this could happen to.");
        }
    }

    private static async Task EachAsync(Workbench bench, Fault[] faults, Action<CleanRun, Fault, FaultPlan, CallOutcome> see, CancellationToken cancellationToken)
    {
        foreach (var run in bench.Working)
        {
            foreach (var (place, fault) in run.Places.SelectMany(place => faults.Select(fault => (place, fault))))
            {
                // A page of HTML may well be what a file holds.
                if (run.Call.Kind == CallKind.Content && fault.IsContent)
                {
                    continue;
                }

                var plan = new FaultPlan(fault, place);
                var session = bench.Open(plan.InterceptAsync);
                await using (session.ConfigureAwait(false))
                {
                    see(run, fault, plan, await session.RunAsync(run.Call, null, cancellationToken).ConfigureAwait(false));
                }
            }
        }
    }

    /// <summary>A driver that gets by without the answer is right too; one that goes on with less is not.</summary>
    private static string? Judge(CleanRun run, FaultPlan plan, CallOutcome outcome, Func<DriverException, string?> judge) => outcome.Failure switch
    {
        DriverException said => judge(said),
        { } defect => $"it threw {CallOutcome.Describe(defect)}, which counts as a defect",
        null when run.Call.Kind == CallKind.Probe => plan.After.Count > 0 ? null : "it went on as if nothing had happened",
        null => PageView.Compare(run.State, PageView.StateOf(outcome.Pages)) is { } difference ? $"it went on as if nothing had happened, with records {difference}" : null,
    };

    private static Func<DriverException, string?> Expect(FailureKind kind) => failure => failure.Kind == kind && !failure.IsSuspect ? null : Wrong(failure, kind);

    private static string Wrong(DriverException failure, FailureKind kind) => $"it said {CallOutcome.Describe(failure)} instead of {kind}";
}
