using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;

namespace Sous.Plugins.Host.Emergency;

internal static class EmergencyEndpoint
{
    public static void MapEmergency(this IEndpointRouteBuilder routes)
    {
        var emergency = routes.MapGroup("/api/v1/emergency").RequireAccess(AccessLevel.Admin);
        emergency.MapPost("revoke-all", RevokeAllAsync)
            .Describe("revokeAll", "Withdraws every grant of a driver or of a tenant", "In the background, through restarts, for as long as it takes. Records, mappings and checkpoints stay.")
            .Example("""{ "driver": "square" }""");
        emergency.MapPost("disable-driver", DisableDriverAsync)
            .Describe("disableDriverAtOnce", "Disables a driver and stops what it does")
            .Example("""{ "driver": "square" }""")
            .Conflicts("plugin_refused", "plugins_file");
        emergency.MapPost("freeze-tenant", FreezeAsync)
            .Describe("freezeTenant", "Freezes a tenant", "What is stored can be read, and nothing else is done for it until it is unfrozen.")
            .Example("""{ "tenant": "hill-street" }""");
        emergency.MapPost("unfreeze-tenant", UnfreezeAsync)
            .Describe("unfreezeTenant", "Lets a frozen tenant go on")
            .Example("""{ "tenant": "hill-street" }""");
    }

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

    private static async Task<Results<Ok<DisabledDriver>, ProblemHttpResult>> DisableDriverAsync(DriverRequest request, Caller caller, EmergencyDrivers drivers, CancellationToken cancellationToken)
    {
        if (request.Driver is not { Length: > 0 } id)
        {
            return Problems.Invalid(("driver", "Name the driver that is to serve no more."));
        }

        try
        {
            var (row, stopped, refusal) = await drivers.DisableAsync(id, caller.KeyId, cancellationToken);
            return row is not null ? TypedResults.Ok(new DisabledDriver(id, row.State, stopped)) : Problems.Conflict("plugin_refused", $"{refusal?.Reason} {refusal?.Remedy}");
        }
        catch (PluginsFileException e)
        {
            return Problems.Conflict("plugins_file", e.Message);
        }
    }

    private static async Task<Results<Ok<FrozenTenant>, ProblemHttpResult>> FreezeAsync(TenantRequest request, Caller caller, TenantFreezes freezes, CancellationToken cancellationToken)
        => TenantId.TryParse(request.Tenant, out var tenant) && await freezes.FreezeAsync(tenant, caller.KeyId, cancellationToken) is { } stopped
            ? TypedResults.Ok(new FrozenTenant(tenant.Value, Frozen: true, stopped))
            : NoTenant(request);

    private static async Task<Results<Ok<FrozenTenant>, ProblemHttpResult>> UnfreezeAsync(TenantRequest request, Caller caller, TenantFreezes freezes, CancellationToken cancellationToken)
        => TenantId.TryParse(request.Tenant, out var tenant) && await freezes.UnfreezeAsync(tenant, caller.KeyId, cancellationToken)
            ? TypedResults.Ok(new FrozenTenant(tenant.Value, Frozen: false, null))
            : NoTenant(request);

    private static ProblemHttpResult NoTenant(TenantRequest request) => Problems.Invalid(("tenant", request.Tenant is null ? "Name the tenant." : "There is no such tenant."));

    internal sealed record DriverRequest([property: Required] string? Driver);

    internal sealed record TenantRequest([property: Required] string? Tenant);

    /// <param name="Stopped">Runs that were under way in it.</param>
    internal sealed record DisabledDriver(string Driver, DriverState State, int Stopped);

    /// <param name="Stopped">Runs of it that were under way.</param>
    internal sealed record FrozenTenant(string Tenant, bool Frozen, int? Stopped);

    internal sealed record RevokeAllRequest(string? Driver = null, string? Tenant = null);

    /// <param name="Revoking">How many connections' grants are being withdrawn.</param>
    internal sealed record RevokeAllAnswer(int Revoking);
}
