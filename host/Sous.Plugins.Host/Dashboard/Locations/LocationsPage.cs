using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Dashboard.Connections;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Dashboard.Locations;

/// <summary>The connections whose services know locations: how many of those are mapped, and what is held for want of it.</summary>
internal sealed class LocationsPage(ConnectionStore connections, LocationDirectory locations, IChangeStore store, ConnectionParts parts, IRegistry registry)
{
    private const int PageSize = 25;
    private const string Address = "/dashboard/locations";

    public static void Map(RouteGroupBuilder signedIn) => signedIn.MapMethods(
        Address, OwnerPages.Reading, static (int? page, Caller caller, LocationsPage shown, CancellationToken cancellationToken) => shown.ShowAsync(page ?? 1, caller, cancellationToken));

    private async Task<DashboardPage> ShowAsync(int page, Caller caller, CancellationToken cancellationToken)
    {
        var known = (await registry.ListAsync(MappedLocation.Collection, "", cancellationToken)).ToLookup(static location => location.Connection);
        var all = (await connections.ListAsync(cancellationToken))
            .Where(connection => !connection.IsOver && caller.Reaches(connection.Tenant) && locations.CanDiscover(connection))
            .OrderBy(connection => !known[connection.Id].Any(IsOpen))
            .ThenBy(static connection => connection.Tenant.Value, StringComparer.Ordinal).ThenBy(static connection => connection.CreatedAt).ToList();
        if (Paged<Connection>.Of(all, page, PageSize) is not { } shown)
        {
            return DashboardPages.NoSuchPage;
        }

        var cards = new List<Html>();
        foreach (var connection in shown.Items)
        {
            cards.Add(await CardAsync(connection, [.. known[connection.Id]], caller, cancellationToken));
        }

        return new DashboardPage(StatusCodes.Status200OK, "Locations", Html.Of($"""
            <p>{(all.Count == 0 ? "No connection has locations yet." : "Each location of a service is mapped to one of the platform's own. Until it is, its records are kept here and passed on to nobody.")}</p>
            <ul class="cards">{Html.Concat(cards)}</ul>
            {shown.Turn(Address, "More connections")}
            """));
    }

    private async Task<Html> CardAsync(Connection connection, IReadOnlyList<MappedLocation> known, Caller caller, CancellationToken cancellationToken)
    {
        var held = (await store.CountHeldAsync(connection.Id, cancellationToken)).Values.Sum();
        var open = known.Count(IsOpen);
        var tone = open > 0 ? Tone.Warn : known.Count == 0 || held > 0 ? Tone.Plain : Tone.Good;
        var word = known.Count == 0 ? "No location is known yet"
            : open > 0 ? $"{Markup.Count(open, "location is", "locations are")} not mapped, of {Markup.Count(known.Count, "one", "in all")}"
            : $"{Markup.Count(known.Count, "location", "locations")}, and none waits for anybody";
        return Html.Of($"""
            <li class="card {tone.Class()}">
            <div class="row"><h2><a href="{ConnectionLocationsPage.Address(connection.Tenant, connection.Id)}">{parts.Title(connection)}</a></h2>{await parts.TenantAsync(connection.Tenant, caller, cancellationToken)}</div>
            <p class="state {tone.Class()}">{word}</p>
            {(held > 0 ? Html.Of($"<p>{Markup.Count(held, "record is", "records are")} held until their location is mapped.</p>") : default)}
            </li>

            """);
    }

    /// <summary>Whether it waits for somebody to map it, or to say that it is left.</summary>
    private static bool IsOpen(MappedLocation location) => location is { OwnId: null, Findings.Count: > 0 };
}
