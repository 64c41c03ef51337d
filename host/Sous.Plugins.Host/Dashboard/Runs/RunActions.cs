using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Dashboard.Runs;

/// <summary>The buttons that begin, cancel and decide on runs: what the API does, answered by the run's page.</summary>
internal static class RunActions
{
    public static void Map(RouteGroupBuilder signedIn, RouteGroupBuilder pages)
    {
        pages.MapPost("/dashboard/tenants/{tenant}/connections/{id}/syncs/{stream}/runs", StartAsync).RequireAccess(AccessLevel.Tenant).AddEndpointFilter(AnswerAsync);
        var run = signedIn.MapGroup("/dashboard/runs/{run}").AddEndpointFilter(AnswerAsync);
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
            // The run that was asked for is the one under way.
            ProblemHttpResult { ProblemDetails.Extensions: var told } when told.TryGetValue("run", out var run) && run is string id => To(id),
            ProblemHttpResult problem => DashboardPages.Of(problem),
            Accepted<RunView> { Value: { } run } => To(run.Id),
            _ => answer,
        };
    }

    private static SeeOther To(string run) => new(new Uri($"/dashboard/runs/{run}", UriKind.Relative));
}
