using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Changes;

/// <summary>Records as they are or as they were known, each once; what changed in between is the feed's to tell.</summary>
internal static class RecordsEndpoint
{
    private const int UsualLimit = 100;
    private const int MostLimit = 1000;

    public static void MapRecords(this IEndpointRouteBuilder routes)
        => routes.MapGet("/api/v1/tenants/{tenant}/records/{stream}", ReadAsync).RequireAccess(AccessLevel.Tenant)
            .Describe("readRecords", "Reads sales by business day", "As they are, or as they were known at an instant; each once. Only `sales` can be read so.")
            .TakesDay("from", "The first business day.")
            .TakesDay("to", "The last business day, inclusive.")
            .TakesInstant("asOf", "As they were known then: an instant, or a day for its end in UTC.")
            .TakesText("location", 200, "This location alone, by the platform's own id.")
            .TakesNumber("limit", 1, MostLimit, UsualLimit, "How many at most.")
            .TakesText(PageToken.Parameter, PageToken.Longest, "`next` of the page before.");

    private static async Task<Results<RecordsResult, ProblemHttpResult>> ReadAsync(
        TenantId tenant, string stream, HttpRequest request, IChangeStore store, CancellationToken cancellationToken)
    {
        var parameters = new QueryReader(request.Query);
        if (stream != StreamName.Sales.Value)
        {
            parameters.Fail("stream", "Only 'sales' can be read by business days; the others are read from the feed.");
        }

        var (from, to, asOf) = (parameters.Day("from"), parameters.Day("to"), parameters.AsOf("asOf"));
        var location = parameters.Text("location", 200);
        var limit = (int)parameters.Number("limit", 1, MostLimit, UsualLimit);
        var after = PageToken.Read(parameters, SalesPosition.Read);
        if (from > to)
        {
            parameters.Fail("from", $"The first day, {from:yyyy-MM-dd}, is after the last, {to:yyyy-MM-dd}.");
        }

        if (parameters.Errors.Count > 0)
        {
            return Problems.Invalid([.. parameters.Errors]);
        }

        try
        {
            return await PageAsync(store, new SalesQuery(tenant, null, null, from ?? DateOnly.MinValue, to ?? DateOnly.MaxValue, asOf) { After = after }, location, limit, cancellationToken);
        }
        catch (VersionsGoneException e)
        {
            return Problems.Invalid(("asOf", e.Message));
        }
    }

    private static async Task<RecordsResult> PageAsync(IChangeStore store, SalesQuery query, string? location, int limit, CancellationToken cancellationToken)
    {
        var items = new List<FeedEntry>();
        await foreach (var sale in store.ReadSalesAsync(query, cancellationToken))
        {
            // Held sales have no version yet: they are handed over once their location is mapped.
            if (sale.Version == 0 || (location is not null && sale.Location != location))
            {
                continue;
            }

            if (items.Count == limit)
            {
                return new RecordsResult(items, items[^1].Position?.Token);
            }

            items.Add(sale);
        }

        return new RecordsResult(items, null);
    }
}
