using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Authorization.Revoking;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;
using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Connections;

internal static class ConnectionsEndpoint
{
    public static void MapConnections(this IEndpointRouteBuilder routes)
    {
        var connections = routes.MapGroup("/api/v1/tenants/{tenant}/connections").RequireAccess(AccessLevel.Tenant);
        connections.MapGet("", ListAsync)
            .Describe("listConnections", "Lists the tenant's connections", "Each with its condition, its cause, who must act, and what happens next by itself.").IsPaged();
        connections.MapGet("{id}", FindAsync)
            .Describe("getConnection", "Tells of one connection").TellsVersion();
        connections.MapPatch("{id}", ChangeSettingsAsync)
            .Describe("changeConnection", "Changes a connection's settings", "Those that its driver names, such as a storage service's folders. They replace the ones before.")
            .Example("""{ "settings": { "folders": ["1AbC"] } }""")
            .Refuses(StatusCodes.Status403Forbidden, "forbidden")
            .Conflicts("driver_absent", "connection_gone")
            .TellsVersion().EditsVersion();
        connections.MapDelete("{id}", DeleteAsync)
            .Describe("deleteConnection", "Disconnects", "The service is asked to withdraw the grant in the background, for as long as it takes.")
            .EditsVersion();
        connections.MapPost("{id}/probe", ProbeAsync)
            .Describe("probeConnection", "Asks the service whether the connection can be used", "Changes nothing at the service. What it learned is the answer, also where the connection cannot be used.")
            .Conflicts("connection_gone");
        connections.MapPost("{id}/pause", PauseAsync)
            .Describe("pauseConnection", "Pauses a connection", "It calls its service no more until it is resumed; its grant is kept alive.")
            .Conflicts("connection_gone", "needs_reconnect");
        connections.MapPost("{id}/resume", ResumeAsync)
            .Describe("resumeConnection", "Resumes a paused connection")
            .Conflicts("connection_gone");
    }

    private static async Task<Ok<ItemList<ConnectionView>>> ListAsync(TenantId tenant, PageQuery page, ConnectionStore connections, ConnectionViews views, CancellationToken cancellationToken)
    {
        var wanted = page.Of(await connections.ListAsync(tenant, cancellationToken), static connection => connection.Id.Value);
        var items = new List<ConnectionView>();
        foreach (var connection in wanted.Items)
        {
            items.Add(await views.OfAsync(connection, cancellationToken));
        }

        return TypedResults.Ok(new ItemList<ConnectionView>(items, wanted.Next));
    }

    private static async Task<Results<Ok<ConnectionView>, ProblemHttpResult>> FindAsync(
        TenantId tenant, ConnectionId id, ConnectionStore connections, ConnectionViews views, CancellationToken cancellationToken)
        => await connections.FindAsync(tenant, id, cancellationToken) is { } connection
            ? TypedResults.Ok(await views.OfAsync(connection, cancellationToken))
            : Problems.NotFound();

    /// <summary>The next driver that is made of the connection has the new settings; a run that is under way ends with the old. Locations and syncs are looked at anew.</summary>
    private static async Task<Results<Ok<ConnectionView>, ProblemHttpResult>> ChangeSettingsAsync(
        TenantId tenant,
        ConnectionId id,
        ChangedConnection request,
        IfMatch match,
        Caller caller,
        ConnectionStore connections,
        DriverLookup drivers,
        ConnectionEvents events,
        IHostApplicationLifetime lifetime,
        TimeProvider clock,
        ConnectionViews views,
        CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(tenant, id, cancellationToken) is not { } connection)
        {
            return Problems.NotFound();
        }

        if (connection.Authorization == AuthorizationKind.ClientCredentials && !caller.IsAdmin)
        {
            return Problems.Forbidden();
        }

        if (drivers(connection.Driver) is not { } driver)
        {
            return Problems.Conflict("driver_absent", $"The driver '{connection.Driver}' does not serve, so its settings cannot be judged.");
        }

        (string, string)[] errors = request.Settings is { } given
            ? [.. ConnectionSettings.Judge(given, driver.Manifest)]
            : [("settings", "The settings are missing: they are all that can be changed here.")];
        if (errors.Length > 0)
        {
            return Problems.Invalid(errors);
        }

        var settings = request.Settings.GetValueOrDefault();
        var answer = await ChangeAsync(
            tenant,
            id,
            caller,
            "connection.changed",
            connections,
            views,
            current =>
            {
                match.Require(current.Version);
                return current.IsOver || JsonElement.DeepEquals(current.Settings, settings) ? null : current with { Settings = settings, SettingsChangedAt = clock.GetUtcNow() };
            },
            cancellationToken);
        if (answer.Result is Ok<ConnectionView> && await connections.FindAsync(id, cancellationToken) is { Status: ConnectionStatus.Ok } changed && changed.SettingsChangedAt != connection.SettingsChangedAt)
        {
            events.RaiseConnected(changed, lifetime.ApplicationStopping);
        }

        return answer;
    }

    /// <summary>Accepted: the service is asked to withdraw the grant in the background, for as long as it takes.</summary>
    private static async Task<Results<Accepted<ConnectionView>, ProblemHttpResult>> DeleteAsync(
        TenantId tenant, ConnectionId id, IfMatch match, Caller caller, Revocations revocations, ConnectionViews views, CancellationToken cancellationToken)
        => await revocations.DisconnectAsync(tenant, id, match, caller.KeyId, cancellationToken) is { } connection
            ? TypedResults.Accepted((string?)null, await views.OfAsync(connection, cancellationToken))
            : Problems.NotFound();

    public static async Task<Results<Ok<ProbeEnd>, ProblemHttpResult>> ProbeAsync(
        TenantId tenant, ConnectionId id, ConnectionStore connections, ConnectionProbe probe, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(tenant, id, cancellationToken) is not { } connection)
        {
            return Problems.NotFound();
        }

        return connection.IsOver ? Gone() : TypedResults.Ok(await probe.ProbeAsync(connection, cancellationToken));
    }

    public static async Task<Results<Ok<ConnectionView>, ProblemHttpResult>> PauseAsync(
        TenantId tenant, ConnectionId id, Caller caller, ConnectionStore connections, ConnectionEvents events, IHostApplicationLifetime lifetime, ConnectionViews views, CancellationToken cancellationToken)
    {
        var answer = await ChangeAsync(tenant, id, caller, "connection.paused", connections, views, Pause, cancellationToken);
        if (answer.Result is Ok<ConnectionView> && await connections.FindAsync(id, cancellationToken) is { } connection)
        {
            events.RaisePaused(connection, lifetime.ApplicationStopping);
        }

        return answer;
    }

    public static async Task<Results<Ok<ConnectionView>, ProblemHttpResult>> ResumeAsync(
        TenantId tenant, ConnectionId id, Caller caller, ConnectionStore connections, ConnectionEvents events, IHostApplicationLifetime lifetime, ConnectionViews views, CancellationToken cancellationToken)
    {
        var answer = await ChangeAsync(tenant, id, caller, "connection.resumed", connections, views, connection => Resume(connection, caller), cancellationToken);
        if (answer.Result is Ok<ConnectionView> && await connections.FindAsync(id, cancellationToken) is { } connection)
        {
            events.RaiseConnected(connection, lifetime.ApplicationStopping);
        }

        return answer;
    }

    private static async Task<Results<Ok<ConnectionView>, ProblemHttpResult>> ChangeAsync(
        TenantId tenant, ConnectionId id, Caller caller, string action, ConnectionStore connections, ConnectionViews views, Func<Connection, Connection?> change, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(tenant, id, cancellationToken) is null)
        {
            return Problems.NotFound();
        }

        await connections.ChangeAsync(id, caller.KeyId, action, change, cancellationToken);
        return await connections.FindAsync(tenant, id, cancellationToken) switch
        {
            null => Problems.NotFound(),
            { IsOver: true } => Gone(),
            { Status: ConnectionStatus.NeedsReconnect } when action == "connection.paused" => Problems.Conflict("needs_reconnect", "The connection does nothing until its owner reconnects."),
            var connection => TypedResults.Ok(await views.OfAsync(connection, cancellationToken)),
        };
    }

    private static Connection? Pause(Connection connection) => connection.Status is ConnectionStatus.Ok or ConnectionStatus.NeedsAttention
        ? connection.Well() with { Status = ConnectionStatus.Paused }
        : null;

    // Where the client logs in as itself there is no owner to reconnect after all access was withdrawn: the operator says so.
    private static Connection? Resume(Connection connection, Caller caller)
        => connection.Status == ConnectionStatus.Paused
            || (caller.IsAdmin && connection is { Status: ConnectionStatus.CannotRevoke, KeepsRecords: true, Authorization: AuthorizationKind.ClientCredentials })
                ? connection.Well()
                : null;

    internal sealed record ChangedConnection([property: Required] JsonElement? Settings = null);

    private static ProblemHttpResult Gone() => Problems.Conflict("connection_gone", "The connection was disconnected.");
}
