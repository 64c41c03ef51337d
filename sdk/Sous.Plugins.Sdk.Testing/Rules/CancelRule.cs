using System.Globalization;
using Sous.Plugins.Sdk.Testing.Bench;
using Sous.Plugins.Sdk.Testing.Calls;
using Sous.Plugins.Sdk.Testing.Wire;

namespace Sous.Plugins.Sdk.Testing.Rules;

/// <summary>Whatever a driver is at, it ends within a second of being told to, and says that it was cancelled.</summary>
internal static class CancelRule
{
    private const int Tries = 3;
    private const string Endless = "it did not end";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static async Task CheckAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
    {
        foreach (var run in bench.Working.Where(run => run.Requests > 0))
        {
            foreach (var place in run.Places.SkipLast(run.Requests > 2 ? 1 : 0))
            {
                var trials = new[] { new HangingPlan(place, inBody: false), new HangingPlan(place, inBody: true) };
                foreach (var plan in trials)
                {
                    await RepeatAsync(findings, $"The {run.Call.Name}, cancelled while it waits for {(plan.InBody ? "the rest of an answer" : "an answer")}",
                        token => TryAsync(bench, run.Call, plan, token), cancellationToken).ConfigureAwait(false);
                }
            }

            if (run is { Call.Kind: CallKind.Stream, Pages.Count: > 2 })
            {
                await RepeatAsync(findings, $"The {run.Call.Name}, cancelled between two pages", token => TryBetweenAsync(bench, run.Call, token), cancellationToken).ConfigureAwait(false);
            }

            await RepeatAsync(findings, $"The {run.Call.Name}, called with a token that is cancelled already", token => TryBeforeAsync(bench, run.Call, token), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A busy machine may be late for once; a driver that does not listen is late each time.</summary>
    private static async Task RepeatAsync(Findings findings, string what, Func<CancellationToken, Task<string?>> attempt, CancellationToken cancellationToken)
    {
        string? said = null;
        findings.Try();
        for (var i = 0; i < Tries; i++)
        {
            said = await attempt(cancellationToken).ConfigureAwait(false);
            if (said is null or Endless)
            {
                break;
            }
        }

        if (said is not null)
        {
            findings.Add($"{what}: {said}.");
        }
    }

    private static async Task<string?> TryAsync(Workbench bench, DriverCall call, HangingPlan plan, CancellationToken cancellationToken)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reached = plan.Begin();
        var session = bench.Open(plan.InterceptAsync);
        await using (session.ConfigureAwait(false))
        {
            var running = Task.Run(() => DrainAsync(call, session.Driver, static () => { }, cancel.Token), CancellationToken.None);
            await Task.WhenAny(reached, running).WaitAsync(Session.Patience, cancellationToken).ConfigureAwait(false);
            return running.IsCompletedSuccessfully ? null : await EndAsync(running, cancel).ConfigureAwait(false);
        }
    }

    private static async Task<string?> TryBetweenAsync(Workbench bench, DriverCall call, CancellationToken cancellationToken)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var started = 0L;
        var session = bench.Open();
        await using (session.ConfigureAwait(false))
        {
            var running = Task.Run(() => DrainAsync(call, session.Driver, () =>
            {
                started = started == 0 ? TimeProvider.System.GetTimestamp() : started;
                cancel.Cancel();
            }, cancel.Token), CancellationToken.None);
            await ((Task)running).WaitAsync(Session.Patience, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return Judge(running, TimeProvider.System.GetElapsedTime(started));
        }
    }

    private static async Task<string?> TryBeforeAsync(Workbench bench, DriverCall call, CancellationToken cancellationToken)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await cancel.CancelAsync().ConfigureAwait(false);
        var session = bench.Open();
        await using (session.ConfigureAwait(false))
        {
            return await EndAsync(Task.Run(() => DrainAsync(call, session.Driver, static () => { }, cancel.Token), CancellationToken.None), cancel).ConfigureAwait(false);
        }
    }

    private static async Task<string?> EndAsync(Task running, CancellationTokenSource cancel)
    {
        var started = TimeProvider.System.GetTimestamp();
        await cancel.CancelAsync().ConfigureAwait(false);
        await running.WaitAsync(Patience, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return Judge(running, TimeProvider.System.GetElapsedTime(started));
    }

    private static string? Judge(Task running, TimeSpan took) => running switch
    {
        { IsCompleted: false } => Endless,
        _ when took > Limit => string.Create(CultureInfo.InvariantCulture, $"it took {took.TotalSeconds:0.0} s to end"),
        { IsCanceled: true } => null,
        { Exception.InnerException: OperationCanceledException } => null,
        { Exception.InnerException: { } failure } => $"it said {CallOutcome.Describe(failure)}",
        _ => "it ended as if it were done",
    };

    private static async Task DrainAsync(DriverCall call, IDriver driver, Action each, CancellationToken cancellationToken)
    {
        await foreach (var _ in call.Run(driver, null, cancellationToken).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            each();
        }
    }
}
