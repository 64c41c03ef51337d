using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Drivers;

/// <summary><c>/api/v1/drivers</c>: which drivers there are, what they can do, and why one is not there.</summary>
internal static class DriversEndpoint
{
    public static void MapDrivers(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/drivers", List);
        routes.MapGet("/api/v1/drivers/{id}", ShowAsync);
    }

    private static Ok<DriverList> List(DriverCatalog catalog) => TypedResults.Ok(new DriverList(catalog.Rows.Select(DriverView.Of).ToList(), null));

    private static async Task<Results<Ok<DriverView>, ProblemHttpResult>> ShowAsync(
        string id, Caller? caller, DriverCatalog catalog, DriverWebhooks webhooks, CancellationToken cancellationToken)
        => catalog.Rows.FirstOrDefault(r => r.Id == new DriverId(id)) is { } row
            ? TypedResults.Ok(DriverView.Of(row) with { Webhook = caller?.IsAdmin == true ? await webhooks(row, cancellationToken) : null })
            : Problems.NotFound();

    /// <summary>All of them: there is never a next page.</summary>
    private sealed record DriverList(IReadOnlyList<DriverView> Items, string? Next);
}
