using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Revoking;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;

namespace Sous.Plugins.Host.Authorization.Connecting;

internal static class ConnectSessionsEndpoint
{
    public static void MapConnectSessions(this IEndpointRouteBuilder routes)
    {
        var sessions = routes.MapGroup("/api/v1/tenants/{tenant}/connect-sessions").RequireAccess(AccessLevel.Tenant);
        sessions.MapPost("", CreateAsync).RequireRateLimiting(ConnectLimits.Sessions)
            .Describe("createConnectSession", "Makes an address at which an owner connects", "Good for 30 minutes. The address is in this answer and never again; looking at its page consumes nothing.")
            .Example("""{ "driver": "square", "initiator": "anna", "completion": "required", "returnTo": "main" }""")
            .Conflicts("capability_absent", "client_missing")
            .Refuses(StatusCodes.Status429TooManyRequests, "too_many_open");
        sessions.MapGet("{id}", FindAsync)
            .Describe("getConnectSession", "Tells how far a connect session has come");
        sessions.MapPost("{id}/complete", CompleteAsync)
            .Describe("completeConnectSession", "Redeems what the owner granted", "Asked again after it went through, it answers the same connection. Another initiator destroys what was granted.")
            .Example("""{ "initiator": "anna", "completion": "cmp_Qk1V" }""")
            .Conflicts("account_unknown", "another_account", "client_missing", "client_rejected", "code_expired", "code_refused", "connection_gone", "initiator_mismatch", "not_held", "scopes_wider")
            .Refuses(StatusCodes.Status503ServiceUnavailable, "service_unavailable");
        routes.MapPost("/api/v1/tenants/{tenant}/connections/{id}/reconnect", ReconnectAsync).RequireAccess(AccessLevel.Tenant).RequireRateLimiting(ConnectLimits.Sessions)
            .Describe("reconnect", "Makes an address at which the owner renews a connection", "Its id, records, checkpoints and mappings stay.")
            .Example("""{ "initiator": "anna", "completion": "automatic" }""")
            .Conflicts("capability_absent", "client_missing", "connection_gone", "revocation_open")
            .Refuses(StatusCodes.Status429TooManyRequests, "too_many_open");
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
