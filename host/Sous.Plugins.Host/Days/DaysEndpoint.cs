using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Days;

internal static class DaysEndpoint
{
    private const int MostDays = 92;

    public static void MapDays(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/tenants/{tenant}/days", ListAsync).RequireAccess(AccessLevel.Tenant)
            .Describe("listDays", "Lists business days in figures", "Of each location, with how they tie out against the service's own totals and what changed since they were closed. 92 days at most; one of `from` and `to` alone means that day.")
            .TakesDay("from", "The first business day.")
            .TakesDay("to", "The last business day, inclusive.")
            .TakesInstant("asOf", "As they were known then: an instant, or a day for its end in UTC.")
            .TakesText("location", 200, "This location alone, by the platform's own id or the service's.")
            .TakesOneOf("tieOut", "Whether the service is asked for its totals now, anew for each page.", "true", "false")
            .IsPaged()
            .Refuses(StatusCodes.Status502BadGateway, "service_failed", "driver_defect");

    private static async Task<Results<Ok<ItemList<DayFigures>>, ProblemHttpResult>> ListAsync(
        TenantId tenant, PageQuery page, HttpRequest request, DayViews views, TieOutReader tieOuts, CancellationToken cancellationToken)
    {
        var parameters = new QueryReader(request.Query);
        var location = parameters.Text("location", 200);
        var isTiedOut = parameters.OneOf("tieOut", "true", "false") == "true";
        var asOf = parameters.AsOf("asOf");
        var first = parameters.Day("from");
        var last = parameters.Day("to");
        var from = first ?? last;
        var to = last ?? first;
        if (from is null && parameters.Errors.Count == 0)
        {
            parameters.Fail("from", "'from' or 'to' is needed: business days, inclusive, such as 2026-03-14.");
        }
        else if (from > to)
        {
            parameters.Fail("from", $"The first day, {from:yyyy-MM-dd}, is after the last, {to:yyyy-MM-dd}.");
        }
        else if (to?.DayNumber - from?.DayNumber >= MostDays)
        {
            parameters.Fail("to", $"At most {MostDays} days can be asked for at once.");
        }

        if (isTiedOut && asOf is not null)
        {
            parameters.Fail("tieOut", "The service is asked how it is now: with 'asOf', what was kept of the tie-out is shown.");
        }

        if (parameters.Errors.Count > 0 || from is not { } begin || to is not { } end)
        {
            return Problems.Invalid([.. parameters.Errors]);
        }

        if (isTiedOut)
        {
            return await TieOutAsync(tieOuts, page, tenant, location, begin, end, cancellationToken);
        }

        try
        {
            var days = await views.ReadAsync(new SalesQuery(tenant, null, null, begin, end, asOf), cancellationToken);
            return TypedResults.Ok(page.Of(days.Where(day => location is null || day.Location == location || day.ExternalLocation == location), KeyOf));
        }
        catch (VersionsGoneException e)
        {
            return Problems.Invalid(("asOf", e.Message));
        }
    }

    private static async Task<Results<Ok<ItemList<DayFigures>>, ProblemHttpResult>> TieOutAsync(
        TieOutReader tieOuts, PageQuery page, TenantId tenant, string? location, DateOnly from, DateOnly to, CancellationToken cancellationToken)
    {
        try
        {
            return TypedResults.Ok(page.Of(await tieOuts.ReadAsync(tenant, location, from, to, cancellationToken), KeyOf));
        }
        catch (DriverException e)
        {
            return Problems.Make(StatusCodes.Status502BadGateway, "service_failed", "The service could not be asked.", e.Message, ("kind", e.Kind));
        }
        catch (DriverDefectException e)
        {
            return Problems.Make(StatusCodes.Status502BadGateway, "driver_defect", "The service could not be asked.", RunEnd.AfterDefect(e.Defect).Reason ?? "");
        }
    }

    // What no name holds keeps the order of names that begin alike.
    private static string KeyOf(DayFigures day) => string.Join('\0', day.Connection, day.ExternalLocation, day.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), day.Net.Currency);
}
