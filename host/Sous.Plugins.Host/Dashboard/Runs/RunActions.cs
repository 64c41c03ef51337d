using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Dashboard.Runs;

/// <summary>The buttons that begin, cancel and decide on runs: what the API does, answered by the run's page.</summary>
internal static class RunActions
{
    public static void Map(RouteGroupBuilder signedIn, RouteGroupBuilder pages)
    {
        pages.MapPost("/dashboard/tenants/{tenant}/connections/{id}/syncs/{stream}/runs", StartAsync).RequireAccess(AccessLevel.Tenant).AddEndpointFilter(AnswerAsync);
        var run = signedIn.MapGroup(RunPage.Route).AddEndpointFilter(AnswerAsync);
        run.MapPost("cancel", SyncingEndpoint.CancelRunAsync);
        run.MapPost("approve", SyncingEndpoint.ApproveRunAsync);
        run.MapPost("reject", SyncingEndpoint.RejectRunAsync);
    }

    // A form has no body that the API could read business days from: it runs since the checkpoint.
    private static Task<Results<Accepted<RunView>, ProblemHttpResult>> StartAsync(
        TenantId tenant, ConnectionId id, string stream, Caller caller, ConnectionStore connections, SyncDirectory syncs, RunQueue queue, IRegistry registry, TimeProvider clock, CancellationToken cancellationToken)
        => SyncingEndpoint.StartRunAsync(tenant, id, stream, null, caller, connections, syncs, queue, registry, clock, cancellationToken);

    private static async ValueTask<object?> AnswerAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var answer = await next(context);
        return ((answer as INestedHttpResult)?.Result ?? answer) switch
        {
            ProblemHttpResult { ProblemDetails.Extensions: var told } problem => (told["code"], told.TryGetValue("run", out var run) ? run : null) switch
            {
                // The run that was asked for is the one under way.
                ("run_in_progress", string id) => To(id),
                ("run_superseded", string id) => Superseded(problem.StatusCode, id),
                _ => problem,
            },
            Accepted<RunView> { Value: { } run } => To(run.Id),
            _ => answer,
        };
    }

    // What was read on the one is no answer to the other.
    private static DashboardPage Superseded(int status, string later) => new(status, "A later run asks now", Html.Of($"""
        <p>Nothing was decided: what this run asked is asked anew by a later one. <a href="{RunPage.AddressOf(later)}">Look at the later run</a>, and decide there.</p>
        """));

    private static SeeOther To(string run) => new(new Uri(RunPage.AddressOf(run), UriKind.Relative));
}
