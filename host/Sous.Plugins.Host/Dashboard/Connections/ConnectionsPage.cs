using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Dashboard.Locations;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Dashboard.Connections;

/// <summary>All connections that the key reaches, those first that somebody must see to.</summary>
internal sealed class ConnectionsPage(ConnectionStore connections, ConnectionViews views, SyncViews syncs, ConnectionParts parts, PageChanges changes)
{
    /// <summary>So many that a page stays small, whatever is amiss with each.</summary>
    public const int PageSize = 15;

    private const int MostScopes = 2;

    public static void Map(RouteGroupBuilder signedIn) => signedIn.MapMethods(
        "/", OwnerPages.Reading, static (int? page, Caller caller, ConnectionsPage shown, CancellationToken cancellationToken) => shown.ShowAsync(page ?? 1, caller, cancellationToken));

    private async Task<DashboardPage> ShowAsync(int page, Caller caller, CancellationToken cancellationToken)
    {
        var state = await changes.StateAsync(caller, cancellationToken);
        var all = (await connections.ListAsync(cancellationToken)).Where(connection => caller.Reaches(connection.Tenant))
            .OrderBy(Rank).ThenBy(static connection => connection.Tenant.Value, StringComparer.Ordinal).ThenBy(static connection => connection.CreatedAt).ToList();
        if (Paged<Connection>.Of(all, page, PageSize) is not { } shown)
        {
            return DashboardPages.NoSuchPage;
        }

        var cards = new List<Html>();
        foreach (var connection in shown.Items)
        {
            cards.Add(await CardAsync(connection, caller, cancellationToken));
        }

        return new DashboardPage(StatusCodes.Status200OK, "Connections", Html.Of($"""
            <p>{Summarize(all)}</p>
            <ul class="cards">{Html.Concat(cards)}</ul>
            {shown.Turn("/", "More connections")}
            """))
        {
            Changes = PageChanges.Address,
            State = state,
        };
    }

    private async Task<Html> CardAsync(Connection connection, Caller caller, CancellationToken cancellationToken)
    {
        var view = await views.OfAsync(connection, cancellationToken);
        var own = connection.IsOver ? [] : await syncs.ListAsync(connection, cancellationToken);
        var isUnmapped = own.SelectMany(static sync => sync.Scopes).Any(static scope => scope.Trouble == Trouble.Unmapped);
        return Html.Of($"""
            <li class="card {Words.Of(view.Status).Tone.Class()}">
            <div class="row"><h2><a href="{ConnectionParts.Address(view)}">{parts.Title(connection)}</a></h2>{await parts.TenantAsync(connection.Tenant, caller, cancellationToken)}</div>
            {parts.Condition(view)}
            <ul>{Html.Concat(own.Select(sync => parts.Freshness(sync, MostScopes)))}</ul>
            <div class="actions">{await parts.RepairAsync(view, cancellationToken)}{(isUnmapped ? Html.Of($"<a class=\"button\" href=\"{ConnectionLocationsPage.Address(view.Tenant, view.Id)}\">Map its locations</a>") : default)}</div>
            </li>

            """);
    }

    private static int Rank(Connection connection) => connection.Status switch
    {
        ConnectionStatus.NeedsReconnect => 0,
        ConnectionStatus.NeedsAttention => 1,
        ConnectionStatus.CannotRevoke => 2,
        ConnectionStatus.Paused => 3,
        _ => connection.IsOver ? 5 : 4,
    };

    private static string Summarize(List<Connection> all)
    {
        var waiting = all.Count(static connection => Rank(connection) <= 2);
        return all.Count == 0 ? "There is no connection yet. The platform makes them, with a link that the owner of an account opens."
            : waiting == 0 ? $"{Markup.Count(all.Count, "connection", "connections")}, and none needs anybody."
            : $"{Markup.Count(all.Count, "connection", "connections")}, of which {Markup.Count(waiting, "needs", "need")} somebody.";
    }
}
