using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Emergency;

internal static class EmergencyEndpoint
{
    public static void MapEmergency(this IEndpointRouteBuilder routes)
        => routes.MapPost("/api/v1/emergency/revoke-all", RevokeAllAsync).RequireAccess(AccessLevel.Admin);

    /// <summary>Accepted: what is said is durable, and the services are asked in the background for as long as it takes.</summary>
    private static async Task<Results<Accepted<RevokeAllAnswer>, ProblemHttpResult>> RevokeAllAsync(
        RevokeAllRequest request, Caller caller, EmergencyRevocations emergency, ConnectionStore connections, DriverLookup drivers, CancellationToken cancellationToken)
    {
        if ((request.Driver is null) == (request.Tenant is null))
        {
            return Problems.Invalid(("driver", "Name either a driver or a tenant: all grants of just that are withdrawn."));
        }

        // A driver that does not serve is no reason to leave its grants alone.
        if (request.Driver is { } id && drivers(new DriverId(id)) is null && !(await connections.ListAsync(cancellationToken)).Any(connection => connection.Driver.Value == id))
        {
            return Problems.Invalid(("driver", "There is no driver of that id, and no connection of one."));
        }

        DriverId? driver = request.Driver is null ? null : new DriverId(request.Driver);
        TenantId? tenant = request.Tenant is null ? null : new TenantId(request.Tenant);
        return await emergency.RevokeAllAsync(driver, tenant, caller.KeyId, cancellationToken) is { } count
            ? TypedResults.Accepted((string?)null, new RevokeAllAnswer(count))
            : Problems.Invalid(("tenant", "There is no such tenant."));
    }

    internal sealed record RevokeAllRequest(string? Driver = null, string? Tenant = null);

    /// <param name="Revoking">How many connections' grants are being withdrawn.</param>
    internal sealed record RevokeAllAnswer(int Revoking);
}
