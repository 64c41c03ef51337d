using Sous.Plugins.Sdk.Testing.Bench;
using Sous.Plugins.Sdk.Testing.Calls;

namespace Sous.Plugins.Sdk.Testing.Rules;

/// <summary>All that a driver goes on by is in its checkpoints: it keeps nothing itself, and takes for one only what it can read.</summary>
internal static class StateRules
{
    private static readonly Checkpoint[] Strange = [new("nonsense"), new("{\"v\":99}"), new("")];

    /// <summary>A driver makes its calls at once, and again, as if each were the only one.</summary>
    public static async Task StandAloneAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
    {
        var session = bench.Open();
        await using (session.ConfigureAwait(false))
        {
            foreach (var when in new[] { "made at once with the others", "made again by the same driver" })
            {
                var outcomes = await Task.WhenAll(bench.Working.Select(async run => (run, await session.RunAsync(run.Call, null, cancellationToken).ConfigureAwait(false)))).ConfigureAwait(false);
                foreach (var (run, outcome) in outcomes)
                {
                    findings.Try();
                    if (outcome.Failure is { } failure)
                    {
                        findings.Add($"The {run.Call.Name}, {when}, failed: {CallOutcome.Describe(failure)}.");
                    }
                    else if (PageView.Compare(run.State, PageView.StateOf(outcome.Pages)) is { } difference)
                    {
                        findings.Add($"The {run.Call.Name}, {when}, gave records {difference}.");
                    }
                }
            }
        }
    }

    /// <summary>What is no checkpoint of this stream asks the operator to reset it, or begins the whole anew; it is never passed over.</summary>
    public static async Task ReadCheckpointsAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
    {
        foreach (var (run, strange) in bench.Streams.SelectMany(run => Strange.Select(strange => (run, strange))))
        {
            var session = bench.Open();
            await using (session.ConfigureAwait(false))
            {
                findings.Try();
                var outcome = await session.RunAsync(run.Call, strange, cancellationToken, (2 * run.Pages.Count) + 100).ConfigureAwait(false);
                var said = outcome.Failure switch
                {
                    DriverException { Kind: FailureKind.Misconfigured } => null,
                    { } failure => $"it said {CallOutcome.Describe(failure)} instead of {FailureKind.Misconfigured}",
                    null => PageView.Compare(run.State, PageView.StateOf(outcome.Pages)) is { } difference ? $"it went on, with records {difference}" : null,
                };
                if (said is not null)
                {
                    findings.Add($"The {run.Call.Name}, taken up at the checkpoint \"{strange.Value}\": {said}.");
                }
            }
        }

        if (bench.Streams.Count == 0)
        {
            findings.NotApplicable("No stream could be fetched.");
        }
    }
}
