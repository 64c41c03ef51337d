using System.Globalization;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing.Helping;
using Sous.Plugins.Host.Telemetry;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing;

/// <summary>Runs one sync once, on this host or on one that helps it, and stores how it began and ended.</summary>
internal sealed partial class SyncRunner(
    IChangeStore store,
    RunExecutor executor,
    ConnectionHealth health,
    RunEnds ends,
    IOptions<SyncingOptions> options,
    TimeProvider clock,
    ILogger<SyncRunner> logger) : IDisposable
{
    private readonly SemaphoreSlim _places = new(options.Value.MaxConcurrentRuns);

    /// <summary>Ends however it ends: what goes wrong is in the answer, and in the store.</summary>
    /// <param name="helper">The host that is asked to carry it out; null for this one.</param>
    /// <param name="stopping">The host stops: the run is left to be taken up again.</param>
    /// <exception cref="StorageException">The store could not say that the run began.</exception>
    public async Task<(SyncRun Run, RunEnd End)> RunAsync(ActiveRun active, Connection connection, Helper? helper, CancellationToken stopping)
    {
        if (!active.HasBegun)
        {
            active.Begin(await store.BeginRunAsync(active.Run with { StartedAt = clock.GetUtcNow() }, stopping));
        }

        using var logged = logger.BeginScope(new RunLogScope(active.Run.Id));
        using var deadline = new CancellationTokenSource(options.Value.RunTimeout, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(stopping, active.Canceled, deadline.Token);
        RunEnd end;
        try
        {
            var carriedOut = helper is null ? null : await helper.CarryOutAsync(active, connection, linked.Token);
            end = await health.JudgeAsync(connection, carriedOut ?? await ExecuteAsync(active, connection, deadline, linked.Token), CancellationToken.None);
        }
        catch (OperationCanceledException) when (linked.IsCancellationRequested)
        {
            end = stopping.IsCancellationRequested ? new RunEnd(SyncOutcome.RetryLater, "The host stopped while it ran.", Trouble.Waiting) { StopsRun = true }
                : active.Canceled.IsCancellationRequested ? active.EndOfCancel
                : AfterDeadline(active);
        }

        var ended = active.Progress.CountInto(active.Run) with { Outcome = end.Outcome, Reason = end.Reason, EndedAt = clock.GetUtcNow() };
        await ends.StoreAsync(ended, active.FetchesOf(end));
        // Some locations that are well say nothing of the others.
        if ((active.Request.Locations is null || end.Outcome != SyncOutcome.Completed) && !active.IsToldLater(end))
        {
            await health.TakeAsync(connection, ended.Stream.Value, end with { Build = active.Generation?.Build }, CancellationToken.None);
        }

        Tell(ended);
        return (ended, end);
    }

    public void Dispose() => _places.Dispose();

    /// <summary>Here, where there is a place: one that a host declined comes beside those that have theirs here.</summary>
    private async Task<RunEnd> ExecuteAsync(ActiveRun active, Connection connection, CancellationTokenSource deadline, CancellationToken cancellationToken)
    {
        if (!_places.Wait(0, CancellationToken.None))
        {
            // A wait is no part of the run.
            deadline.CancelAfter(Timeout.InfiniteTimeSpan);
            await _places.WaitAsync(cancellationToken);
            deadline.CancelAfter(options.Value.RunTimeout);
        }

        try
        {
            return await executor.ExecuteAsync(active, connection, cancellationToken);
        }
        finally
        {
            _places.Release();
        }
    }

    // A run that moved on may go on at once; one that did not would only meet its deadline again.
    private RunEnd AfterDeadline(ActiveRun active)
    {
        var reason = string.Create(CultureInfo.InvariantCulture, $"It was not done within {options.Value.RunTimeout.TotalMinutes:0.#} minutes; the next run goes on from there.");
        var moved = active.Progress.Scopes.Any(static scope => scope.Pages > 0);
        return new RunEnd(SyncOutcome.RetryLater, reason, Trouble.Waiting, moved ? TimeSpan.Zero : null) { StopsRun = true, GoesOn = moved };
    }

    private void Tell(SyncRun run)
    {
        var changed = run.Inserted + run.Updated + run.Deleted;
        if (run.Outcome != SyncOutcome.Completed)
        {
            Log.Ended(logger, run.Stream, run.Connection, run.Outcome, run.Reason);
        }
        else if (changed == 0)
        {
            Log.NothingChanged(logger, run.Stream, run.Connection);
        }
        else
        {
            Log.Completed(logger, run.Stream, run.Connection, run.Inserted, run.Updated, run.Deleted, run.Held);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2001, Level = LogLevel.Information, Message = "Sync of {Stream} on {Connection} completed: {Inserted} new, {Updated} changed, {Deleted} deleted, {Held} held.")]
        public static partial void Completed(ILogger logger, StreamName stream, ConnectionId connection, long inserted, long updated, long deleted, long held);

        [LoggerMessage(EventId = 2002, Level = LogLevel.Information, Message = "Sync of {Stream} on {Connection} completed: nothing changed.")]
        public static partial void NothingChanged(ILogger logger, StreamName stream, ConnectionId connection);

        [LoggerMessage(EventId = 2003, Level = LogLevel.Warning, Message = "Sync of {Stream} on {Connection} ended as {Outcome}: {Reason}")]
        public static partial void Ended(ILogger logger, StreamName stream, ConnectionId connection, SyncOutcome outcome, string? reason);

    }
}
