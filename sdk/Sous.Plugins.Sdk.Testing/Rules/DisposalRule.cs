using System.Runtime.CompilerServices;
using Sous.Plugins.Sdk.Testing.Bench;
using Sous.Plugins.Sdk.Testing.Calls;
using Sous.Plugins.Sdk.Testing.Wire;

namespace Sous.Plugins.Sdk.Testing.Rules;

/// <summary>
/// After its disposal nothing of a driver is alive. Threads, timers and tasks carry along a mark that was set when they were
/// begun, and handlers hold the driver itself: both must be free to be collected.
/// </summary>
internal static class DisposalRule
{
    private const int Looks = 50;
    private static readonly TimeSpan Prompt = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(20);

    public static async Task CheckAsync(Workbench bench, Findings findings, CancellationToken cancellationToken)
    {
        foreach (var how in Enum.GetValues<Use>())
        {
            var rest = await UseAsync(bench, how, cancellationToken).ConfigureAwait(false);
            var when = how switch { Use.Whole => "after all of its calls", Use.Left => "after calls that were left midway", _ => "after calls that failed" };
            if (rest.Slow)
            {
                findings.Add($"Its disposal {when} did not end within 5 s.");
            }

            for (var i = 0; i < Looks && rest.IsAlive; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                await Task.Delay(Between, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            }

            findings.AddAll(rest.Describe().Select(what => $"A second after its disposal, {when}, {what}."));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<Rest> UseAsync(Workbench bench, Use how, CancellationToken cancellationToken)
    {
        var flow = Flow.Begin();
        var session = bench.Open(how == Use.Failed ? BreakAsync : null);
        foreach (var run in bench.Working)
        {
            await (how == Use.Left ? LeaveAsync(session, run.Call, cancellationToken) : session.RunAsync(run.Call, null, cancellationToken)).ConfigureAwait(false);
        }

        var disposal = Task.Run(() => session.Driver.DisposeAsync().AsTask(), CancellationToken.None);
        await ((Task)disposal).WaitAsync(Prompt, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var rest = new Rest(new WeakReference(flow), new WeakReference(session.Driver), session.Clock, session.Wire, !disposal.IsCompleted);
        await session.DisposeAsync().ConfigureAwait(false);
        return rest;
    }

    /// <summary>A host that stops takes no more pages.</summary>
    private static async Task LeaveAsync(Session session, DriverCall call, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var _ in call.Run(session.Driver, null, cancellationToken).ConfigureAwait(false))
            {
                break;
            }
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Other rules tell what it throws; this one asks what is left of it.
        }
    }

    private static async Task<HttpResponseMessage> BreakAsync(Exchange exchange, CancellationToken cancellationToken)
        => exchange.Number % 3 == 2 ? throw new HttpRequestException("Connection reset.") : await exchange.Send().ConfigureAwait(false);

    private enum Use
    {
        Whole,
        Left,
        Failed,
    }

    private sealed record Rest(WeakReference Flow, WeakReference Driver, WatchedClock Clock, ServiceHandler Wire, bool Slow)
    {
        public bool IsAlive => Flow.IsAlive || Driver.IsAlive || Clock.Timers > 0 || Wire.Open > 0;

        public IEnumerable<string> Describe()
        {
            if (Clock.Timers > 0)
            {
                yield return $"{Clock.Timers} timer(s) of the context's clock are alive";
            }

            if (Wire.Open > 0)
            {
                yield return $"{Wire.Open} request(s) or answer(s) are still open";
            }

            if (Flow.IsAlive)
            {
                yield return "a thread, timer or task that it started is alive";
            }

            if (Driver.IsAlive)
            {
                yield return "something still holds the driver: a thread, a timer, or a handler of an event";
            }
        }
    }
}
