using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;
using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Host.Locations.Suggestions;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Locations;

internal static class LocationsEndpoint
{
    public const int LongestOwnId = 200;

    public static void MapLocations(this IEndpointRouteBuilder routes)
    {
        var locations = routes.MapGroup("/api/v1/tenants/{tenant}/connections/{id}/locations").RequireAccess(AccessLevel.Tenant);
        locations.MapGet("", ListAsync)
            .Describe("listLocations", "Lists the locations that the service tells of", "With what they are mapped to, how many records wait for a mapping, and what is otherwise than before.").IsPaged();
        locations.MapPost("discover", DiscoverAsync)
            .Describe("discoverLocations", "Asks the service for its locations now")
            .Conflicts("capability_absent", "connection_not_ready", "needs_attention", "needs_reconnect")
            .Refuses(StatusCodes.Status503ServiceUnavailable, "service_unavailable");
        locations.MapGet("suggestions", SuggestAsync)
            .Describe("suggestLocations", "Suggests what each location may be mapped to", "Each with a confidence and its reasons; nothing is mapped by itself.");
        locations.MapPut("{externalId}", MapAsync)
            .Describe("mapLocation", "Maps a location to an id of the platform's own", "Another id than before shows in the feed as deletes under the old and upserts under the new.")
            .Example("""{ "ownId": "hill-street-main" }""")
            .TellsVersion().EditsVersion();
        locations.MapDelete("{externalId}", UnmapAsync)
            .Describe("unmapLocation", "Takes a mapping away", "What was under it shows in the feed as deletes, and is kept back until it is mapped again.")
            .TellsVersion().EditsVersion();
        routes.MapOwnLocations();
    }

    private static async Task<Results<Ok<ItemList<LocationView>>, ProblemHttpResult>> ListAsync(
        TenantId tenant, ConnectionId id, PageQuery page, ConnectionStore connections, LocationDirectory locations, IChangeStore store, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(tenant, id, cancellationToken) is not { } connection)
        {
            return Problems.NotFound();
        }

        var wanted = page.Of(await locations.ListAsync(connection.Id, cancellationToken), static mapped => mapped.Location.Ref.Id);
        return await ViewAsync(connection.Id, wanted, store, cancellationToken);
    }

    public static async Task<Results<Ok<ItemList<LocationView>>, ProblemHttpResult>> DiscoverAsync(
        TenantId tenant, ConnectionId id, ConnectionStore connections, LocationDirectory locations, LocationDiscovery discovery, IChangeStore store, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(tenant, id, cancellationToken) is not { } connection)
        {
            return Problems.NotFound();
        }

        if (!SyncStanding.MayRun(connection))
        {
            return Problems.Conflict("connection_not_ready", "The connection cannot be used in its present condition.", ("connectionStatus", connection.Status));
        }

        if (!locations.CanDiscover(connection))
        {
            return Problems.Conflict("capability_absent", $"The driver {connection.Driver} knows no locations.");
        }

        var end = await discovery.DiscoverAsync(connection, cancellationToken);
        if (end.Outcome != SyncOutcome.Completed)
        {
            return Failed(end);
        }

        var found = await locations.ListAsync(connection.Id, cancellationToken);
        return await ViewAsync(connection.Id, ItemList.Of(found), store, cancellationToken);
    }

    private static async Task<Results<Ok<ItemList<LocationSuggestions>>, ProblemHttpResult>> SuggestAsync(
        TenantId tenant, ConnectionId id, ConnectionStore connections, SuggestionFinder finder, CancellationToken cancellationToken)
        => await connections.FindAsync(tenant, id, cancellationToken) is { } connection
            ? TypedResults.Ok(ItemList.Of(await finder.FindAsync(connection, cancellationToken)))
            : Problems.NotFound();

    public static async Task<Results<Ok<LocationView>, ProblemHttpResult>> MapAsync(
        TenantId tenant, ConnectionId id, string externalId, Mapping mapping, IfMatch match, Caller caller, ConnectionStore connections, LocationDirectory locations, IChangeStore store, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(tenant, id, cancellationToken) is not { } connection)
        {
            return Problems.NotFound();
        }

        if (mapping.OwnId is not { Length: > 0 and <= LongestOwnId })
        {
            return Problems.Invalid(("ownId", $"The platform's own id of the location is needed, 1 to {LongestOwnId} characters."));
        }

        TimeOnly start = default;
        if (mapping.BusinessDayStart is not null && !QuietHoursView.TryRead(mapping.BusinessDayStart, out start))
        {
            return Problems.Invalid(("businessDayStart", "The start of the business day is a local time of day written as HH:mm."));
        }

        var mapped = await locations.MapAsync(
            connection.Id, match, caller.KeyId, externalId, mapping.OwnId, mapping.BusinessDayStart is null ? null : start.ToTimeSpan(), cancellationToken);
        return await ViewAsync(mapped, store, cancellationToken);
    }

    public static async Task<Results<Ok<LocationView>, ProblemHttpResult>> UnmapAsync(
        TenantId tenant, ConnectionId id, string externalId, IfMatch match, Caller caller, ConnectionStore connections, LocationDirectory locations, IChangeStore store, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(tenant, id, cancellationToken) is not { } connection)
        {
            return Problems.NotFound();
        }

        return await ViewAsync(await locations.MapAsync(connection.Id, match, caller.KeyId, externalId, null, null, cancellationToken), store, cancellationToken);
    }

    private static async Task<Results<Ok<LocationView>, ProblemHttpResult>> ViewAsync(MappedLocation? mapped, IChangeStore store, CancellationToken cancellationToken)
    {
        if (mapped is null)
        {
            return Problems.NotFound();
        }

        var held = await store.CountHeldAsync(mapped.Connection, cancellationToken);
        return TypedResults.Ok(LocationView.Of(mapped, held.GetValueOrDefault(mapped.Location.Ref.Id)));
    }

    private static async Task<Ok<ItemList<LocationView>>> ViewAsync(
        ConnectionId connection, ItemList<MappedLocation> locations, IChangeStore store, CancellationToken cancellationToken)
    {
        var held = await store.CountHeldAsync(connection, cancellationToken);
        return TypedResults.Ok(new ItemList<LocationView>([.. locations.Items.Select(mapped => LocationView.Of(mapped, held.GetValueOrDefault(mapped.Location.Ref.Id)))], locations.Next));
    }

    private static ProblemHttpResult Failed(RunEnd end)
    {
        var reason = end.Reason ?? "The service could not be asked.";
        return end.Outcome == SyncOutcome.RetryLater
            ? Problems.Make(StatusCodes.Status503ServiceUnavailable, "service_unavailable", "The service cannot be asked at present.", reason)
            : Problems.Conflict(end.Outcome == SyncOutcome.NeedsReconnect ? "needs_reconnect" : "needs_attention", reason);
    }

    /// <param name="BusinessDayStart">Over what the service says, for sales that are fetched from now on; absent leaves it as it is.</param>
    internal sealed record Mapping([property: Required, StringLength(LongestOwnId, MinimumLength = 1)] string? OwnId, string? BusinessDayStart = null);
}
