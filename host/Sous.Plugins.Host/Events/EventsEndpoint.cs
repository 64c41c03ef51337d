using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;

namespace Sous.Plugins.Host.Events;

internal static class EventsEndpoint
{
    private const int UsualLimit = 100;
    private const int MostLimit = 1000;
    private const int MostSeconds = 30;

    public static void MapEvents(this IEndpointRouteBuilder routes)
        => routes.MapGet("/api/v1/tenants/{tenant}/events", ReadAsync).RequireAccess(AccessLevel.Tenant)
            .Describe("readEvents", "Reads what happened to the tenant's connections and records", "In order. Kept for 30 days, and 10,000 of them.")
            .TakesNumber("after", 0, long.MaxValue, 0, "The position to read past: `next` of the page before, 0 for the beginning.")
            .TakesNumber("limit", 1, MostLimit, UsualLimit, "How many at most.")
            .TakesNumber("wait", 0, MostSeconds, 0, "For how many seconds an empty answer waits for an event.")
            .Refuses(StatusCodes.Status410Gone, "events_reset");

    private static async Task<Results<Ok<EventPage>, ProblemHttpResult>> ReadAsync(
        TenantId tenant, HttpRequest request, EventLog log, ReconnectLinks links, TimeProvider clock, IHostApplicationLifetime lifetime, CancellationToken cancellationToken)
    {
        var parameters = new QueryReader(request.Query);
        var after = parameters.Number("after", 0, long.MaxValue, 0);
        var limit = (int)parameters.Number("limit", 1, MostLimit, UsualLimit);
        var wait = TimeSpan.FromSeconds(parameters.Number("wait", 0, MostSeconds, 0));
        if (parameters.Errors is { Count: > 0 } errors)
        {
            return Problems.Invalid([.. errors]);
        }

        using var timeout = new CancellationTokenSource(wait, clock);
        // A reader that waits does not hold up the host's end.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, lifetime.ApplicationStopping, cancellationToken);
        return await log.ReadAsync(tenant, after, limit, patience.Token, cancellationToken) is { } page
            ? TypedResults.Ok(page with { Items = await AddAddressesAsync(page.Items, links, cancellationToken) })
            : Problems.Gone(
                "events_reset",
                $"The log does not hold what came after {after}: events are kept for {EventLog.Kept.TotalDays:F0} days and {EventLog.Most} of a tenant. Read the tenant's connections, then go on from 0.",
                ("after", 0));
    }

    private static async Task<List<PlatformEvent>> AddAddressesAsync(IReadOnlyList<PlatformEvent> items, ReconnectLinks links, CancellationToken cancellationToken)
    {
        var told = new List<PlatformEvent>(items.Count);
        foreach (var item in items)
        {
            told.Add(item is { Type: PlatformEvents.NeedsReconnect, Connection: { } connection }
                ? item with { ConnectAddress = await links.FindAsync(connection, item.At, null, cancellationToken) }
                : item);
        }

        return told;
    }
}
