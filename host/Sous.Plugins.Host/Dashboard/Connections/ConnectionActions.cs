using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Dashboard.Connections;

/// <summary>The buttons of a connection: what the API does, answered by a page.</summary>
internal static class ConnectionActions
{
    public static void Map(RouteGroupBuilder pages)
    {
        var actions = pages.MapGroup("/dashboard/tenants/{tenant}/connections/{id}").RequireAccess(AccessLevel.Tenant).AddEndpointFilter(AnswerAsync);
        actions.MapPost("pause", ConnectionsEndpoint.PauseAsync);
        actions.MapPost("resume", ConnectionsEndpoint.ResumeAsync);
        actions.MapPost("probe", ConnectionsEndpoint.ProbeAsync);
    }

    private static async ValueTask<object?> AnswerAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var answer = await next(context);
        return ((answer as INestedHttpResult)?.Result ?? answer) switch
        {
            ProblemHttpResult problem => problem,
            Ok<ProbeEnd> { Value: { } end } => Tell(end, Address(context.HttpContext)),
            _ => new SeeOther(new Uri(Address(context.HttpContext), UriKind.Relative)),
        };
    }

    // Its own page: where the verb stands in the address that was posted to.
    private static string Address(HttpContext context) => context.Request.Path.Value is { } path ? path[..path.LastIndexOf('/')] : "/";

    private static DashboardPage Tell(ProbeEnd end, string back) => new(
        StatusCodes.Status200OK,
        end.Ok ? "The connection works" : "The connection does not work now",
        Html.Of($"""
            {(end.Ok ? Html.Of($"<p>The service answered as it should.</p>") : Html.Of($"<p>{Markup.Sentence(end.Cause ?? "")}</p><p>{Words.Of(end.Actor)}</p>"))}
            <p><a href="{back}">Back to the connection</a></p>
            """));
}
