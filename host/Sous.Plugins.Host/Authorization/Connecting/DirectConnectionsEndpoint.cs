using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;
using Sous.Plugins.Host.Http.Versions;

namespace Sous.Plugins.Host.Authorization.Connecting;

internal static class DirectConnectionsEndpoint
{
    public static void MapDirectConnections(this IEndpointRouteBuilder routes)
    {
        var connections = routes.MapGroup("/api/v1/tenants/{tenant}/connections").RequireAccess(AccessLevel.Tenant);
        connections.MapPost("", CreateAsync)
            .Describe("createConnection", "Connects a service that asks no owner in a browser", "Where the client logs in as itself this needs an admin's key; where the service takes an API key, it is sent along.")
            .Example("""{ "driver": "toast", "settings": { "restaurants": ["3c2a1d9e-8f0b-4f4e-9a52-1d6f0f7b8c11"] } }""")
            .Refuses(StatusCodes.Status403Forbidden, "forbidden")
            .Conflicts("capability_absent", "client_missing", "credential_refused", "needs_attention")
            .Refuses(StatusCodes.Status503ServiceUnavailable, "service_unavailable");
        connections.MapPut("{id}/credentials", ReplaceAsync)
            .Describe("replaceCredentials", "Gives a connection another API key", "It is tried at the service first.")
            .Example("""{ "apiKey": "…" }""")
            .Conflicts("another_account", "capability_absent", "connection_gone", "credential_refused", "driver_absent", "needs_attention", "revocation_open")
            .Refuses(StatusCodes.Status503ServiceUnavailable, "service_unavailable")
            .TellsVersion().EditsVersion();
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
        TenantId tenant, ConnectionId id, NewCredentials request, IfMatch match, Caller caller, DirectConnections direct, ConnectionStore connections, ConnectionViews views, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(tenant, id, cancellationToken) is not { } connection)
        {
            return Problems.NotFound();
        }

        var end = await direct.ReplaceKeyAsync(connection, request, match, caller, cancellationToken);
        return end.Connection is { } changed ? TypedResults.Ok(await views.OfAsync(changed, cancellationToken)) : end.Problem ?? Problems.NotFound();
    }
}
