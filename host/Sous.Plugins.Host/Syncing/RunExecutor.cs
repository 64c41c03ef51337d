using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing.Backfills;
using Sous.Plugins.Host.Syncing.Gaps;
using Sous.Plugins.Host.Syncing.Listings;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Locations;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Syncing;

/// <summary>What a run does between its beginning and its end: every scope of one stream of one connection, through one driver.</summary>
internal sealed partial class RunExecutor(
    DriverAccess drivers,
    RunPlanner planner,
    ScopeSync scopes,
    DeleteBrake brake,
    GapGuard gaps,
    BackfillSync backfills,
    IOptions<SyncingOptions> options,
    TimeProvider clock,
    ILogger<RunExecutor> logger)
{
    /// <summary>Ends however it ends: what goes wrong is in the answer. Stores the pages, and neither how the run began nor how it ended.</summary>
    /// <exception cref="OperationCanceledException">It was told to stop.</exception>
    public async Task<RunEnd> ExecuteAsync(ActiveRun active, Connection connection, CancellationToken cancellationToken)
    {
        if (drivers.FindManifest(connection.Driver)?.Streams.FirstOrDefault(offered => offered.Name == active.Run.Stream.Value) is not { } stream)
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
            return end.And(RunEnd.AfterDrain());
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
        var settled = await brake.SettleAsync(work, active, cancellationToken);
        if (await scopes.RunAsync(driver, stream, work, active, cancellationToken))
        {
            settled = await brake.SettleAsync(work, active, cancellationToken);
        }

        return settled.And(await gaps.CheckAsync(driver, stream, work, active, cancellationToken));
    }

    private static string? Named(Location location, string? sentence) => sentence is null ? null : $"{location.Name}: {sentence}";

    private static partial class Log
    {
        [LoggerMessage(EventId = 2004, Level = LogLevel.Error, Message = "The driver of {Connection} has a defect, met in {Stream}: {Trace}")]
        public static partial void Defect(ILogger logger, ConnectionId connection, StreamName stream, string trace);
    }
}
