using System.Text;
using Sous.Plugins.Sdk.Testing.Bench;
using Sous.Plugins.Sdk.Testing.Calls;
using Sous.Plugins.Sdk.Testing.Wire;

namespace Sous.Plugins.Sdk.Testing.Rules;

/// <summary>
/// A service that answers with a page that it gave before, once or for ever, is not believed: the driver says so, or its pages
/// stand still so that a host says so, or it gets at the rest another way. It neither ends as if it had all, nor goes on for ever.
/// </summary>
internal static class PagingRule
{
    private const int MostTurns = 4;

    public static async Task CheckAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
    {
        foreach (var run in bench.Working.Where(run => run.Call.Kind != CallKind.Content && run.Requests > 1))
        {
            var recorder = new AnswerRecorder();
            var session = bench.Open(recorder.InterceptAsync);
            await using (session.ConfigureAwait(false))
            {
                await session.RunAsync(run.Call, null, cancellationToken).ConfigureAwait(false);
            }

            var turns = TurnsOf(recorder.Answers).ToList();
            foreach (var turn in turns.Where((_, index) => index % Math.Max(1, turns.Count / MostTurns) == 0))
            {
                foreach (var forEver in new[] { false, true })
                {
                    findings.Try();
                    if (await TryAsync(bench, run, new Replay(turn, forEver), cancellationToken).ConfigureAwait(false) is { } said)
                    {
                        findings.Add($"The {run.Call.Name}, given a page of {turn.Before.Request} {(forEver ? "again and again" : "twice")}: {said}.");
                    }
                }
            }
        }

        if (findings.Tries == 0)
        {
            findings.NotApplicable("No listing was asked for a second page.");
        }
    }

    private static async Task<string?> TryAsync(Workbench bench, CleanRun run, Replay replay, CancellationToken cancellationToken)
    {
        var session = bench.Open(replay.InterceptAsync);
        await using (session.ConfigureAwait(false))
        {
            var outcome = await session.RunAsync(run.Call, null, cancellationToken, (2 * run.Pages.Count) + 20).ConfigureAwait(false);
            // What a host refuses it does not store, nor anything after it.
            if (!replay.Done || (run.Call.Kind == CallKind.Stream && PageRules.ObjectionsTo(outcome.Pages, null).Any()))
            {
                return null;
            }

            return outcome.Failure switch
            {
                DriverException { Kind: FailureKind.Transient, IsSuspect: true } => null,
                { } other => $"it said {CallOutcome.Describe(other)} instead of {FailureKind.Transient}, suspect",
                null when PageView.Compare(run.State, PageView.StateOf(outcome.Pages)) is { } difference => $"it ended as if it had all, with records {difference}",
                null => null,
            };
        }
    }

    /// <summary>Where a request asked for the next page.</summary>
    private static IEnumerable<Turn> TurnsOf(IReadOnlyList<RecordedAnswer> answers)
    {
        for (var i = 1; i < answers.Count; i++)
        {
            for (var j = i - 1; j >= 0; j--)
            {
                if (answers[j].IsContinuedBy(answers[i].Request) && answers[j].Body != answers[i].Body)
                {
                    yield return new Turn(answers[j], answers[i].Request);
                    break;
                }
            }
        }
    }

    private sealed record Turn(RecordedAnswer Before, SeenRequest Request);

    private sealed class Replay(Turn turn, bool forEver)
    {
        private int _done;

        public bool Done => Volatile.Read(ref _done) > 0;

        public async Task<HttpResponseMessage> InterceptAsync(Exchange exchange, CancellationToken cancellationToken)
        {
            var again = exchange.Request.IsSame(turn.Request) || (forEver && Done && turn.Before.IsContinuedBy(exchange.Request));
            if (!again || (Interlocked.Increment(ref _done) > 1 && !forEver))
            {
                return await exchange.Send().ConfigureAwait(false);
            }

            var response = await exchange.Send().ConfigureAwait(false);
            response.Content.Dispose();
            response.Content = new StringContent(turn.Before.Body, Encoding.UTF8, "application/json");
            return response;
        }
    }
}
