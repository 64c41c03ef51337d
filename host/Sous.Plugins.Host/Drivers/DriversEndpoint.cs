using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Drivers;

/// <summary><c>/api/v1/drivers</c>: which drivers there are, what they can do, and why one is not there.</summary>
internal static class DriversEndpoint
{
    public static void MapDrivers(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/drivers", List);
        routes.MapGet("/api/v1/drivers/{id}", Show);
    }

    private static Ok<DriverList> List(DriverCatalog catalog) => TypedResults.Ok(new DriverList(catalog.Rows.Select(DriverView.Of).ToList(), null));

    private static Results<Ok<DriverView>, ProblemHttpResult> Show(string id, DriverCatalog catalog)
        => catalog.Rows.FirstOrDefault(r => r.Id == new DriverId(id)) is { } row ? TypedResults.Ok(DriverView.Of(row)) : Problems.NotFound();

    /// <summary>All of them: there is never a next page.</summary>
    private sealed record DriverList(IReadOnlyList<DriverView> Items, string? Next);
}
