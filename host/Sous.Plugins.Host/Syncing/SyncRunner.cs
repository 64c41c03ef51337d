using System.Globalization;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing.Backfills;
using Sous.Plugins.Host.Syncing.Gaps;
using Sous.Plugins.Host.Syncing.Listings;
using Sous.Plugins.Host.Telemetry;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Syncing;

/// <summary>Runs one sync once: every scope of one stream of one connection, through one driver.</summary>
internal sealed partial class SyncRunner(
    IChangeStore store,
    DriverAccess drivers,
    RunPlanner planner,
    ScopeSync scopes,
    DeleteBrake brake,
    GapGuard gaps,
    BackfillSync backfills,
    ConnectionHealth health,
    RunEnds ends,
    IOptions<SyncingOptions> options,
    TimeProvider clock,
    ILogger<SyncRunner> logger)
{
    /// <summary>Ends however it ends: what goes wrong is in the answer, and in the store.</summary>
    /// <param name="stopping">The host stops: the run is left to be taken up again.</param>
    /// <exception cref="StorageException">The store could not say that the run began.</exception>
    public async Task<(SyncRun Run, RunEnd End)> RunAsync(ActiveRun active, Connection connection, CancellationToken stopping)
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
            end = await health.JudgeAsync(connection, await RunAsync(active, connection, drivers.FindManifest(connection.Driver), linked.Token), CancellationToken.None);
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
        if (active.Request.Locations is null || end.Outcome != SyncOutcome.Completed)
        {
            await health.TakeAsync(ended.Connection, ended.Stream.Value, end with { Build = active.Generation?.Build }, CancellationToken.None);
        }

        Tell(ended);
        return (ended, end);
    }

    private async Task<RunEnd> RunAsync(ActiveRun active, Connection connection, DriverManifest? manifest, CancellationToken cancellationToken)
    {
        if (manifest?.Streams.FirstOrDefault(offered => offered.Name == active.Run.Stream.Value) is not { } stream)
        {
            return new RunEnd(SyncOutcome.NeedsAttention, $"No driver {connection.Driver} that offers {active.Run.Stream} is loaded.", Trouble.Misconfigured) { StopsRun = true };
        }

        if (drivers.FindQuarantine(connection.Driver) is { } quarantine)
        {
            return new RunEnd(SyncOutcome.NeedsAttention, quarantine.Refusal, Trouble.Misconfigured) { StopsRun = true };
        }

        var end = RunEnd.Completed;
        var (isWell, isOut) = (false, false);
        try
        {
            var works = await planner.PlanAsync(active.Request, stream, cancellationToken);
            if (works.Count == 0)
            {
                return active.Request.Locations is null ? new RunEnd(SyncOutcome.RetryLater, "No location of the connection is known yet.", Trouble.Waiting) { StopsRun = true } : end;
            }

            active.Progress.Plan(works.Where(static work => work.Bounded).Sum(static work => work.Ranges.Count), works.Sum(static work => work.WindowsDone));
            var opened = await DriverCall.RunAsync(token => drivers.OpenAsync(connection, active.Request.CallPriority, token), options.Value.PageTimeout, clock, cancellationToken);
            (active.Generation, active.Calls) = (opened.Generation, opened.Calls);
            await using var session = new BoundedSession(opened, options.Value.StopGrace, clock);
            var overdue = opened.Generation.Use.Overdue;
            using var drained = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, overdue);
            foreach (var work in works)
            {
                var scope = await RunScopeAsync(opened.Driver, stream, work, active, drained.Token);
                // A driver that was told to stop may call it a failure: it is none.
                drained.Token.ThrowIfCancellationRequested();
                end = end.And(scope);
                isWell |= scope.Outcome == SyncOutcome.Completed;
                isOut |= scope.Outcome == SyncOutcome.RetryLater;
                if (scope.StopsRun || active.IsLeftBehind)
                {
                    break;
                }
            }

            // A scope that met an outage may be as well as any: what another one lacks must not stop it.
            return end with { IsPartial = end.Outcome != SyncOutcome.Completed && (isWell || (isOut && end.Outcome == SyncOutcome.NeedsAttention)) };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return end.And(new RunEnd(SyncOutcome.RetryLater, "Another version of the driver took over while it ran; the next run goes on from there.", Trouble.Waiting, TimeSpan.Zero) { StopsRun = true, GoesOn = true });
        }
        catch (DriverException e)
        {
            return end.And(RunEnd.After(e) with { StopsRun = true });
        }
        catch (DriverDefectException e)
        {
            Log.Defect(logger, active.Run.Connection, active.Run.Stream, e.Trace);
            return end.And(RunEnd.AfterDefect(e.Defect) with { StopsRun = true });
        }
        catch (StorageException e)
        {
            return end.And(new RunEnd(SyncOutcome.RetryLater, e.Message, Trouble.Storage) { StopsRun = true });
        }
        catch (CredentialException e)
        {
            return end.And(new RunEnd(SyncOutcome.NeedsAttention, e.Message, Trouble.Misconfigured) { StopsRun = true });
        }
    }

    /// <summary>One scope. What fails in it holds no other scope back, unless that would fail alike.</summary>
    private async Task<RunEnd> RunScopeAsync(IDriver driver, StreamManifest stream, ScopeWork work, ActiveRun active, CancellationToken cancellationToken)
    {
        active.Progress.Begin(work.Scope.Location, work.Location?.Name);
        var began = clock.GetUtcNow();
        var end = RunEnd.Completed;
        try
        {
            end = active.Request.IsBackfill ? await backfills.RunAsync(driver, stream, work, active, cancellationToken) : await FetchAsync(driver, stream, work, active, cancellationToken);
        }
        catch (DriverException e)
        {
            await drivers.HeedAsync(active.Request.Driver, work.Scope.Connection, e);
            end = RunEnd.After(e);
        }
        catch (PageRefusedException e)
        {
            end = RunEnd.After(e);
        }
        catch (DriverDefectException e)
        {
            end = RunEnd.AfterDefect(e.Defect);
            Log.Defect(logger, active.Run.Connection, active.Run.Stream, e.Trace);
        }
        catch (StaleFenceException)
        {
            end = new RunEnd(SyncOutcome.Canceled, "A later run of this sync has begun, or its checkpoint was changed by hand.") { StopsRun = true };
        }

        active.Progress.End(work.Scope.Location, end.Outcome);
        active.Leave(work.Scope, began, end);
        return end.StopsRun || work.Location is null ? end : end with { Reason = Named(work.Location, end.Reason), Question = Named(work.Location, end.Question) };
    }

    private async Task<RunEnd> FetchAsync(IDriver driver, StreamManifest stream, ScopeWork work, ActiveRun active, CancellationToken cancellationToken)
    {
        await brake.SettleAsync(work, active, cancellationToken);
        await scopes.RunAsync(driver, stream, work, active, cancellationToken);
        return (await brake.SettleAsync(work, active, cancellationToken)).And(await gaps.CheckAsync(driver, stream, work, active, cancellationToken));
    }

    private static string? Named(Location location, string? sentence) => sentence is null ? null : $"{location.Name}: {sentence}";

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

        [LoggerMessage(EventId = 2004, Level = LogLevel.Error, Message = "The driver of {Connection} has a defect, met in {Stream}: {Trace}")]
        public static partial void Defect(ILogger logger, ConnectionId connection, StreamName stream, string trace);
    }
}
