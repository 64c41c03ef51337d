using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Days.Closings;

/// <summary>
/// The runs that closing days needs, through the queue of all runs: an incremental one before days are closed, so that they are
/// compared on what the service has by then, and one of a day that differs.
/// </summary>
internal sealed class ClosingRuns(RunQueue queue, IChangeStore store, IClosings closings, IOptions<DaysOptions> options, TimeProvider clock)
{
    /// <summary>The newest run that fetched all locations up to the present, or null where none ever did.</summary>
    public ValueTask<SyncRun?> FindFetchAsync(ConnectionId connection, CancellationToken cancellationToken) => store.FindLastFetchAsync(connection, StreamName.Sales, cancellationToken);

    /// <summary>Takes the run that was waited for, once it has ended. An outage is no attempt: it says nothing of the day.</summary>
    public async Task TakeEndedAsync(ClosingProgress progress, IReadOnlyList<Closing> open, CancellationToken cancellationToken)
    {
        if (!progress.TryTakeEnded(out var run, out var resynced) || run is not { Request.Trigger: RunTrigger.Day, End: { } end })
        {
            return;
        }

        if (resynced is not { } key)
        {
            Take(progress, run, end);
        }
        else if (end.Outcome is SyncOutcome.RetryLater or SyncOutcome.NeedsReconnect or SyncOutcome.Canceled)
        {
            if (open.FirstOrDefault(closing => closing.Key == key) is { Step: ClosingStep.Resync } closing)
            {
                await closings.KeepAsync(closing with { State = closing.State with { Attempts = Math.Max(0, closing.State.Attempts - 1) } }, [], cancellationToken);
            }

            progress.Fail(key, clock.GetUtcNow(), end.RetryAfter);
        }
        else
        {
            progress.Resynced(key);
        }
    }

    /// <summary>Begins the run that the first of these days wait for; where another of the connection's sales is under way, that one is waited for.</summary>
    public async Task StartAsync(Connection connection, ClosingProgress progress, ClosingAgenda agenda, IReadOnlyList<Closing> waiting, CancellationToken cancellationToken)
    {
        if (progress.Run is not null || waiting.Count == 0)
        {
            return;
        }

        var unfetched = waiting.Where(static closing => closing.Step == ClosingStep.TieOut).Select(static closing => closing.Key.Location).ToHashSet(StringComparer.Ordinal);
        var again = unfetched.Count == 0 ? waiting[0] : null;
        var request = new RunRequest(connection.Tenant, connection.Driver, new SyncKey(connection.Id, StreamName.Sales), RunTrigger.Day)
        {
            Locations = again is null ? unfetched : [again.Key.Location],
            // To the present: what is missing of the day may have changed since, and services tell sales by the time of their last change.
            From = again?.Key.Day,
            To = again is null ? null : agenda.Places[again.Key.Location].DayAt(clock.GetUtcNow()),
        };
        var (added, run) = await queue.AddAsync(request, cancellationToken);
        progress.Await(run, added ? again?.Key : null);
        if (added && again is not null)
        {
            var attempts = Math.Min(again.State.Attempts + 1, options.Value.Resyncs);
            await closings.KeepAsync(again with { State = again.State with { Attempts = attempts } }, [], cancellationToken);
        }
    }

    // What one location meets holds up no other's days.
    private void Take(ClosingProgress progress, ActiveRun run, RunEnd end)
    {
        var fetched = run.Progress.Scopes.Where(static scope => scope.State == SyncOutcome.Completed).Select(static scope => scope.Location).OfType<string>().ToList();
        progress.Fetched(fetched, run.Run.StartedAt);
        if (run.Request.Locations?.Except(fetched).Any() != false)
        {
            progress.Fail(clock.GetUtcNow(), end.RetryAfter);
        }
    }
}
