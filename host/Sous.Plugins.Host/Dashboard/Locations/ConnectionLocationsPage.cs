using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Dashboard.Connections;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Locations.Suggestions;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Dashboard.Locations;

/// <summary>A connection's locations: what each is mapped to, what it may be mapped to, and what is held of it. Those first that wait for somebody.</summary>
internal sealed class ConnectionLocationsPage(
    ConnectionStore connections, LocationDirectory locations, SuggestionFinder finder, IChangeStore store, ConnectionParts parts, IRegistry registry)
{
    /// <summary>So many that a page stays small, whatever their service calls them.</summary>
    public const int PageSize = 10;

    private const int MostOwn = 200;

    public static void Map(RouteGroupBuilder pages) => pages.MapMethods(
        "/dashboard/tenants/{tenant}/connections/{id}/locations",
        OwnerPages.Reading,
        static (TenantId tenant, ConnectionId id, int? page, string? changed, string? was, ConnectionLocationsPage shown, CancellationToken cancellationToken)
            => shown.ShowAsync(tenant, id, page ?? 1, changed, was, cancellationToken)).RequireAccess(AccessLevel.Tenant);

    public static string Address(TenantId tenant, ConnectionId id) => $"{ConnectionParts.Address(tenant, id)}/locations";

    private async Task<DashboardPage> ShowAsync(TenantId tenant, ConnectionId id, int page, string? changed, string? was, CancellationToken cancellationToken)
    {
        if (await connections.FindAsync(tenant, id, cancellationToken) is not { } connection)
        {
            return DashboardPages.NoSuchPage;
        }

        var all = (await locations.ListAsync(id, cancellationToken)).OrderBy(Rank).ThenBy(static location => location.Location.Name, StringComparer.CurrentCulture).ToList();
        if (Paged<MappedLocation>.Of(all, page, PageSize) is not { } shown)
        {
            return DashboardPages.NoSuchPage;
        }

        var held = await store.CountHeldAsync(id, cancellationToken);
        var suggestions = (await finder.FindAsync(connection, cancellationToken)).ToDictionary(static one => one.ExternalId, static one => one.Suggestions, StringComparer.Ordinal);
        var own = (await registry.FindAsync(OwnLocations.Collection, tenant.Value, cancellationToken))?.Items ?? [];
        var address = Address(tenant, id);
        var cards = shown.Items.Select(location => new LocationCard(location, held.GetValueOrDefault(location.Location.Ref.Id), suggestions.GetValueOrDefault(location.Location.Ref.Id) ?? [], address).Draw());
        return new DashboardPage(StatusCodes.Status200OK, $"Locations of {parts.PlainTitle(connection)}", Html.Of($"""
            <p><a href="{ConnectionParts.Address(tenant, id)}">The connection</a></p>
            {(all.FirstOrDefault(location => location.Location.Ref.Id == changed) is { } done ? LocationCard.Done(done, was, address) : default)}
            <p>{Summarize(all, held.Values.Sum())}</p>
            <ul class="cards">{Html.Concat(cards)}</ul>
            {shown.Turn(address, "More locations")}
            {(locations.CanDiscover(connection) ? Markup.Button($"{address}/discover", "Ask the service for its locations", quiet: true) : default)}
            <datalist id="own">{Html.Concat(own.Take(MostOwn).Select(static one => Html.Of($"<option value=\"{one.OwnId}\">{Markup.Isolated(one.Name ?? "")}</option>")))}</datalist>
            """));
    }

    private static int Rank(MappedLocation location) => (location.OwnId, location.Findings) switch
    {
        (null, { Count: > 0 }) => 0,
        (_, { Count: > 0 }) => 1,
        (null, _) => 2,
        _ => 3,
    };

    private static string Summarize(List<MappedLocation> all, long held)
    {
        var unmapped = all.Count(static location => location.OwnId is null);
        var summary = all.Count == 0 ? "No location is known yet: the service is asked when it is connected, and once a day."
            : unmapped == 0 ? $"{Markup.Count(all.Count, "location", "locations")}, mapped without exception."
            : $"{Markup.Count(all.Count, "location", "locations")}, of which {Markup.Count(unmapped, "is", "are")} not mapped.";
        return held == 0 ? summary : $"{summary} {Markup.Count(held, "record is", "records are")} held until then: kept here, and passed on to nobody.";
    }
}
