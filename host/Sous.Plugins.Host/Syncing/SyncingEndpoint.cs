using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;
using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing.Backfills;
using Sous.Plugins.Host.Telemetry;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing;

internal static class SyncingEndpoint
{
    private const int UsualRuns = 100;
    private const int MostRuns = 1000;
    private const int LongestRunId = 100;

    private static readonly string[] s_streams = ["sales", "catalog", "files"];

    public static void MapSyncing(this IEndpointRouteBuilder routes)
    {
        var connection = routes.MapGroup("/api/v1/tenants/{tenant}/connections/{id}").RequireAccess(AccessLevel.Tenant);
        connection.MapGet("syncs", ListSyncsAsync)
            .Describe("listSyncs", "Lists a connection's syncs", "One for each stream of its driver, with its schedule, when it runs next, and how fresh each of its scopes is.");
        connection.MapPut("syncs/{stream}", PutSyncAsync)
            .Describe("putSync", "Says when a sync runs by itself", "All of it is replaced.")
            .Example("""{ "schedule": "*/15 * * * *", "enabled": true, "timeZone": "America/New_York" }""")
            .TellsVersion().EditsVersion();
        connection.MapPost("syncs/{stream}/runs", StartRunAsync)
            .Describe("startRun", "Runs a sync now", "Since its checkpoint; with days, those business days are fetched anew, and what has changed since, of whichever day.")
            .Example("""{ "from": "2026-03-01", "to": "2026-03-14" }""")
            .Conflicts("connection_not_ready", "run_in_progress");
        connection.MapGet("runs", ListRunsAsync)
            .Describe("listRuns", "Lists a connection's runs, the newest first")
            .TakesOneOf("stream", "Runs of this stream alone.", s_streams)
            .TakesText("after", LongestRunId, "`next` of the page before.")
            .TakesNumber("limit", 1, MostRuns, UsualRuns, "How many at most.");
        var runs = routes.MapGroup("/api/v1/runs/{run}").RequireAccess(AccessLevel.Key);
        runs.MapGet("", FindRunAsync)
            .Describe("getRun", "Tells of one run");
        runs.MapPost("cancel", CancelRunAsync)
            .Describe("cancelRun", "Cancels a run", "What it stored stays; the next goes on from there.")
            .Conflicts("run_ended");
        runs.MapPost("approve", ApproveRunAsync)
            .Describe("approveRun", "Says that what a run asks is right", "Deletes that it held back are made, or a gap is taken as it is, by a run that begins at once.")
            .Conflicts("nothing_to_decide", "run_superseded");
        runs.MapPost("reject", RejectRunAsync)
            .Describe("rejectRun", "Says that what a run asks is wrong", "Deletes that it held back are dropped, or a gap is fetched again, by a run that begins at once.")
            .Conflicts("nothing_to_decide", "run_superseded");
        runs.MapGet("log", ReadLogAsync)
            .Describe("readRunLog", "Reads what was logged within a run", "The newest lines, oldest first. They are in the host's memory: gone after a restart, and those of old runs earlier.");
        runs.MapGet("events", WatchRunAsync)
            .Describe("watchRun", "Watches a run", "Server-sent events named `run`: the run as it stands, again after each change, and as it ended.")
            .Produces<RunView>(StatusCodes.Status200OK, "text/event-stream");
    }

    private static async Task<Results<Ok<ItemList<SyncView>>, ProblemHttpResult>> ListSyncsAsync(
        TenantId tenant, ConnectionId id, ConnectionStore connections, SyncViews views, CancellationToken cancellationToken)
        => await connections.FindAsync(tenant, id, cancellationToken) is { } connection
            ? TypedResults.Ok(ItemList.Of(await views.ListAsync(connection, cancellationToken)))
            : Problems.NotFound();

    private static async Task<Results<Ok<SyncView>, ProblemHttpResult>> PutSyncAsync(
        TenantId tenant, ConnectionId id, string stream, SyncChange change, IfMatch match, Caller caller, ConnectionStore connections, SyncDirectory syncs, SyncScheduler scheduler, SyncViews views, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(tenant, id, cancellationToken) is not { } connection
            || syncs.FindStream(connection, new StreamName(stream)) is not { } offered)
        {
            return Problems.NotFound();
        }

        if (change.Check() is { Length: > 0 } errors)
        {
            return Problems.Invalid(errors);
        }

        var sync = change.ToSync(connection.Id, new StreamName(stream));
        var detail = $"{(sync.Enabled ? "enabled" : "disabled")}, {sync.Schedule}";
        var audit = AuditEntry.Make(clock.GetUtcNow(), caller.KeyId, "sync.changed", connection.Tenant, $"{sync.Key}", detail);
        await syncs.SaveAsync(sync, stored => match.Require((stored ?? SyncDirectory.OfManifest(connection.Id, offered)).Version), audit, cancellationToken);
        await scheduler.ChangedAsync(connection.Id, cancellationToken);
        return TypedResults.Ok(await views.ViewAsync(connection, sync, cancellationToken));
    }

    public static async Task<Results<Accepted<RunView>, ProblemHttpResult>> StartRunAsync(
        TenantId tenant, ConnectionId id, string stream, RunRange? range, Caller caller, ConnectionStore connections, SyncDirectory syncs, RunQueue queue, IRegistry registry, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(tenant, id, cancellationToken) is not { } connection || await syncs.FindAsync(connection, new StreamName(stream), cancellationToken) is not { } sync)
        {
            return Problems.NotFound();
        }

        if (range?.Check(sync, clock.GetUtcNow()) is { Length: > 0 } errors)
        {
            return Problems.Invalid(errors);
        }

        if (!SyncStanding.MayRun(connection))
        {
            return Problems.Conflict("connection_not_ready", "The connection does not sync in its present condition.", ("connectionStatus", connection.Status));
        }

        var request = new RunRequest(connection.Tenant, connection.Driver, sync.Key, RunTrigger.Request, range?.From ?? range?.To, range?.To ?? range?.From)
        {
            OnlyInQuietHours = range?.OnlyInQuietHours == true,
        };
        var (added, run) = await queue.AddAsync(request, cancellationToken);
        if (added)
        {
            await AuditAsync(registry, AuditEntry.Make(clock.GetUtcNow(), caller.KeyId, "run.requested", connection.Tenant, run.Run.Id), cancellationToken);
        }

        return added
            ? TypedResults.Accepted($"/api/v1/runs/{run.Run.Id}", RunView.Of(run))
            : Problems.Conflict("run_in_progress", $"Run {run.Run.Id} of this sync waits or is under way.", ("run", run.Run.Id));
    }

    private static async Task<Results<Ok<ItemList<RunView>>, ProblemHttpResult>> ListRunsAsync(
        TenantId tenant, ConnectionId id, HttpRequest request, ConnectionStore connections, RunViews views, CancellationToken cancellationToken)
    {
        var parameters = new QueryReader(request.Query);
        var stream = parameters.OneOf("stream", s_streams);
        var after = parameters.Text("after", LongestRunId);
        var limit = (int)parameters.Number("limit", 1, MostRuns, UsualRuns);
        if (parameters.Errors is { Count: > 0 } errors)
        {
            return Problems.Invalid([.. errors]);
        }

        if (await connections.FindAsync(tenant, id, cancellationToken) is not { } connection)
        {
            return Problems.NotFound();
        }

        return await views.ReadPageAsync(connection.Id, stream is null ? null : new StreamName(stream), after, limit, cancellationToken) is { } page
            ? TypedResults.Ok(page)
            : Problems.Invalid(("after", "'after' is the 'next' of an answer before."));
    }

    private static async Task<Results<Ok<RunView>, ProblemHttpResult>> FindRunAsync(string run, Caller caller, RunViews views, CancellationToken cancellationToken)
        => await views.FindAsync(run, caller, cancellationToken) is { } found ? TypedResults.Ok(found) : Problems.NotFound();

    private static async Task<Results<Ok<ItemList<RunLogLine>>, ProblemHttpResult>> ReadLogAsync(string run, Caller caller, RunViews views, RunLogs logs, CancellationToken cancellationToken)
        => await views.FindAsync(run, caller, cancellationToken) is { } found ? TypedResults.Ok(ItemList.Of(logs.List(found.Id))) : Problems.NotFound();

    public static async Task<Results<Accepted<RunView>, ProblemHttpResult>> CancelRunAsync(
        string run, Caller caller, RunQueue queue, RunViews views, WaitingBackfills backfills, IRegistry registry, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await views.FindAsync(run, caller, cancellationToken) is not { } found)
        {
            return Problems.NotFound();
        }

        var key = new SyncKey(found.Connection, found.Stream);
        var active = queue.Find(run);
        // One that has ended may be a part of a backfill that waits to go on.
        var waiting = active is null && backfills.Find(key) is { } backfill && (backfill.From, backfill.To) == (found.From, found.To) ? backfill : null;
        if ((active?.Request ?? waiting) is not { } canceled)
        {
            return Problems.Conflict("run_ended", $"Run {run} has ended.");
        }

        await AuditAsync(registry, AuditEntry.Make(clock.GetUtcNow(), caller.KeyId, "run.canceled", canceled.Tenant, run), cancellationToken);
        if (waiting is not null)
        {
            await backfills.GiveUpAsync(key, cancellationToken);
        }

        active?.Cancel();
        return TypedResults.Accepted($"/api/v1/runs/{run}", found);
    }

    public static Task<Results<Accepted<RunView>, ProblemHttpResult>> ApproveRunAsync(string run, Caller caller, RunDecisions decisions, CancellationToken cancellationToken)
        => decisions.DecideAsync(run, approve: true, caller, cancellationToken);

    public static Task<Results<Accepted<RunView>, ProblemHttpResult>> RejectRunAsync(string run, Caller caller, RunDecisions decisions, CancellationToken cancellationToken)
        => decisions.DecideAsync(run, approve: false, caller, cancellationToken);

    public static async Task<IResult> WatchRunAsync(string run, Caller caller, RunQueue queue, RunViews views, CancellationToken cancellationToken)
        => await views.FindAsync(run, caller, cancellationToken) is { } found
            ? TypedResults.ServerSentEvents(WatchAsync(queue.Find(run), found, cancellationToken), "run")
            : Problems.NotFound();

    private static Task AuditAsync(IRegistry registry, AuditEntry entry, CancellationToken cancellationToken)
        => registry.AppendAsync(entry, cancellationToken);

    /// <summary>The run as it stands, again after each change but at most some times a second, and as it ended.</summary>
    private static async IAsyncEnumerable<RunView> WatchAsync(ActiveRun? active, RunView found, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (active is { Ended.IsCompleted: false })
        {
            var changed = active.Progress.Changed;
            yield return RunView.Of(active);
            await Task.WhenAny(changed, active.Ended).WaitAsync(cancellationToken);
            await Task.WhenAny(Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken), active.Ended);
        }

        yield return active is null ? found : RunView.Of(await active.Ended);
    }
}
