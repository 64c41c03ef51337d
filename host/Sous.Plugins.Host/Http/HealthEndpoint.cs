using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Drivers;

namespace Sous.Plugins.Host.Http;

/// <summary>Whether the process lives, and whether every enabled driver has been loaded or refused. No key is asked for, and nothing told that needs one.</summary>
internal static class HealthEndpoint
{
    public static IEndpointRouteBuilder MapHealth(this IEndpointRouteBuilder routes)
    {
        var health = routes.MapGroup("/health").AllowAnonymous();
        health.MapGet("/live", static () => Results.Ok(new { status = "live" }));
        health.MapGet("/ready", ReadyAsync);
        return routes;
    }

    private static async Task<IResult> ReadyAsync(DriverCatalog catalog, Adoption adoption, CancellationToken cancellationToken)
    {
        if (!catalog.IsComplete)
        {
            return Results.Json(new { status = "starting" }, statusCode: StatusCodes.Status503ServiceUnavailable);
        }

        var enabled = catalog.Rows.Where(static row => row.State is DriverState.Loaded or DriverState.Refused or DriverState.Quarantined).ToList();
        var cause = await adoption.FindWaitingAsync(cancellationToken) is null ? null : Adoption.Code;
        var status = cause is not null || enabled.Any(static row => row.Reason is not null) ? "degraded" : "ready";
        return Results.Ok(new { status, cause, drivers = enabled.Select(static row => new { row.Id, row.State }) });
    }
}
