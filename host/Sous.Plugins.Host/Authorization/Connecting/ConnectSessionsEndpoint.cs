using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Revoking;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Authorization.Connecting;

internal static class ConnectSessionsEndpoint
{
    public static void MapConnectSessions(this IEndpointRouteBuilder routes)
    {
        var sessions = routes.MapGroup("/api/v1/tenants/{tenant}/connect-sessions").RequireAccess(AccessLevel.Tenant);
        sessions.MapPost("", CreateAsync).RequireRateLimiting(ConnectLimits.Sessions);
        sessions.MapGet("{id}", FindAsync);
        sessions.MapPost("{id}/complete", CompleteAsync);
        routes.MapPost("/api/v1/tenants/{tenant}/connections/{id}/reconnect", ReconnectAsync).RequireAccess(AccessLevel.Tenant).RequireRateLimiting(ConnectLimits.Sessions);
    }

    private static async Task<Results<Created<ConnectSessionView>, ProblemHttpResult>> CreateAsync(
        TenantId tenant, NewConnectSession request, Caller caller, ConnectSessions sessions, HttpResponse response, CancellationToken cancellationToken)
        => Answer(response, tenant, await sessions.CreateAsync(request, tenant, null, caller, null, cancellationToken));

    private static async Task<Results<Ok<ConnectSessionView>, ProblemHttpResult>> FindAsync(
        TenantId tenant, string id, ConnectSessions sessions, CancellationToken cancellationToken)
        => await sessions.FindAsync(tenant, id, cancellationToken) is { } session ? TypedResults.Ok(ConnectSessionView.Of(session)) : Problems.NotFound();

    private static async Task<Results<Ok<ConnectionView>, ProblemHttpResult>> CompleteAsync(
        TenantId tenant, string id, CompleteRequest? request, Caller caller, CodeRedemption redemption, ConnectionViews views, CancellationToken cancellationToken)
    {
        var end = await redemption.RedeemAsync(tenant, id, new Confirmation(caller.KeyId, request?.Initiator, request?.Completion, request?.Account), cancellationToken);
        return end.Connection is { } connection
            ? TypedResults.Ok(await views.OfAsync(connection, cancellationToken))
            : end.Problem ?? Problems.NotFound();
    }

    /// <summary>A connect session that renews the connection: its id, records, checkpoints and mappings stay.</summary>
    private static async Task<Results<Created<ConnectSessionView>, ProblemHttpResult>> ReconnectAsync(
        TenantId tenant, ConnectionId id, ReconnectRequest? request, Caller caller, ConnectSessions sessions, ConnectionStore connections, Revocations revocations, HttpResponse response, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(tenant, id, cancellationToken) is not { } connection)
        {
            return Problems.NotFound();
        }

        if (connection.IsGone)
        {
            return Problems.Conflict("connection_gone", "The connection was deleted. Make a new one.");
        }

        if (await revocations.IsOpenAsync(id, cancellationToken))
        {
            return Problems.Conflict("revocation_open", "The old grant is still being withdrawn. Try again once the connection is 'revoked'.");
        }

        var wish = new NewConnectSession(connection.Driver.Value, request?.ReturnTo, request?.Initiator, request?.Completion);
        return Answer(response, tenant, await sessions.CreateAsync(wish, tenant, connection, caller, null, cancellationToken));
    }

    private static Results<Created<ConnectSessionView>, ProblemHttpResult> Answer(HttpResponse response, TenantId tenant, ConnectSessionMade made)
    {
        if (made.Wait is { } wait)
        {
            Problems.AskToWait(response, wait);
        }

        return made.Session is { } session
            ? TypedResults.Created($"/api/v1/tenants/{tenant}/connect-sessions/{session.Id}", ConnectSessionView.Of(session, made.Url))
            : made.Problem ?? Problems.NotFound();
    }

    /// <param name="Completion">What the owner's browser brought to the return address; checked where it is given.</param>
    /// <param name="Account">Confirms that the connection shall be that account's from now on, after the answer <c>another_account</c> named it.</param>
    internal sealed record CompleteRequest(string? Initiator = null, string? Completion = null, string? Account = null);

    internal sealed record ReconnectRequest(string? ReturnTo = null, string? Initiator = null, CompletionMode? Completion = null);
}
