using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Authorization.Connecting;

internal static class DirectConnectionsEndpoint
{
    public static void MapDirectConnections(this IEndpointRouteBuilder routes)
    {
        var connections = routes.MapGroup("/api/v1/tenants/{tenant}/connections").RequireAccess(AccessLevel.Tenant);
        connections.MapPost("", CreateAsync);
        connections.MapPut("{id}/credentials", ReplaceAsync);
    }

    private static async Task<Results<Created<ConnectionView>, ProblemHttpResult>> CreateAsync(
        TenantId tenant, NewConnection request, Caller caller, DirectConnections direct, ConnectionViews views, CancellationToken cancellationToken)
    {
        var end = await direct.CreateAsync(tenant, request, caller, cancellationToken);
        return end.Connection is { } connection
            ? TypedResults.Created($"/api/v1/tenants/{tenant}/connections/{connection.Id}", await views.OfAsync(connection, cancellationToken))
            : end.Problem ?? Problems.NotFound();
    }

    private static async Task<Results<Ok<ConnectionView>, ProblemHttpResult>> ReplaceAsync(
        TenantId tenant, ConnectionId id, NewCredentials request, Caller caller, DirectConnections direct, ConnectionStore connections, ConnectionViews views, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(tenant, id, cancellationToken) is not { } connection)
        {
            return Problems.NotFound();
        }

        var end = await direct.ReplaceKeyAsync(connection, request, caller, cancellationToken);
        return end.Connection is { } changed ? TypedResults.Ok(await views.OfAsync(changed, cancellationToken)) : end.Problem ?? Problems.NotFound();
    }
}
