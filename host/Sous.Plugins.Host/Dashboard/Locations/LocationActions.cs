using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Host.Locations;

namespace Sous.Plugins.Host.Dashboard.Locations;

/// <summary>The buttons of a connection's locations: what the API does, answered by the page that they stand on.</summary>
internal static class LocationActions
{
    public const string ExternalId = "externalId";
    public const string OwnId = "ownId";

    public static void Map(RouteGroupBuilder pages)
    {
        var actions = pages.MapGroup("/dashboard/tenants/{tenant}/connections/{id}/locations").RequireAccess(AccessLevel.Tenant);
        actions.MapPost("map", MapAsync);
        actions.MapPost("unmap", UnmapAsync);
        actions.MapPost("discover", DiscoverAsync);
    }

    private static async Task<IResult> MapAsync(
        TenantId tenant, ConnectionId id, HttpRequest request, Caller caller, ConnectionStore connections, LocationDirectory locations, IChangeStore store, CancellationToken cancellationToken)
    {
        var form = await FormFields.ReadAsync(request, cancellationToken);
        var externalId = form[ExternalId].ToString();
        var was = (await locations.FindAsync(id, externalId, cancellationToken))?.OwnId;
        var mapping = new LocationsEndpoint.Mapping(form[OwnId].ToString().Trim());
        return Answer((await LocationsEndpoint.MapAsync(tenant, id, externalId, mapping, IfMatch.Any, caller, connections, locations, store, cancellationToken)).Result, tenant, id, externalId, was);
    }

    private static async Task<IResult> UnmapAsync(
        TenantId tenant, ConnectionId id, HttpRequest request, Caller caller, ConnectionStore connections, LocationDirectory locations, IChangeStore store, CancellationToken cancellationToken)
    {
        var externalId = (await FormFields.ReadAsync(request, cancellationToken))[ExternalId].ToString();
        var was = (await locations.FindAsync(id, externalId, cancellationToken))?.OwnId;
        return Answer((await LocationsEndpoint.UnmapAsync(tenant, id, externalId, IfMatch.Any, caller, connections, locations, store, cancellationToken)).Result, tenant, id, externalId, was);
    }

    private static async Task<IResult> DiscoverAsync(
        TenantId tenant, ConnectionId id, ConnectionStore connections, LocationDirectory locations, LocationDiscovery discovery, IChangeStore store, CancellationToken cancellationToken)
        => Answer((await LocationsEndpoint.DiscoverAsync(tenant, id, connections, locations, discovery, store, cancellationToken)).Result, tenant, id, null, null);

    private static IResult Answer(IResult result, TenantId tenant, ConnectionId id, string? changed, string? was) => result is ProblemHttpResult
        ? result
        : new SeeOther(new Uri(ConnectionLocationsPage.Address(tenant, id) + QueryString.Create(
            [.. Query("changed", changed), .. Query("was", was)]), UriKind.Relative));

    private static IEnumerable<KeyValuePair<string, string?>> Query(string name, string? value) => value is null ? [] : [KeyValuePair.Create<string, string?>(name, value)];
}
