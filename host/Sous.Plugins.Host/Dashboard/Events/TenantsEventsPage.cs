using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Dashboard.Events;

/// <summary>Whose events: each tenant has a log of its own. Who reaches one alone is sent there.</summary>
internal static class TenantsEventsPage
{
    private const string Address = "/dashboard/events";
    private const int PageSize = 100;

    public static void Map(RouteGroupBuilder signedIn) => signedIn.MapMethods(Address, OwnerPages.Reading, ShowAsync);

    private static async Task<IResult> ShowAsync(int? page, Caller caller, IRegistry registry, CancellationToken cancellationToken)
    {
        var all = (await registry.ListAsync(Tenant.Collection, "", cancellationToken)).Where(tenant => caller.Reaches(tenant.Id)).OrderBy(static tenant => tenant.Id.Value, StringComparer.Ordinal).ToList();
        if (all is [var only])
        {
            return new SeeOther(new Uri(EventsPage.AddressOf(only.Id), UriKind.Relative));
        }

        return Paged<Tenant>.Of(all, page ?? 1, PageSize) is not { } shown ? DashboardPages.NoSuchPage : new DashboardPage(StatusCodes.Status200OK, "Events", Html.Of($"""
            <p>{(all.Count == 0 ? "There is no tenant yet, so nothing has happened." : "Whose?")}</p>
            <ul>{Html.Concat(shown.Items.Select(static tenant => Html.Of($"<li><a href=\"{EventsPage.AddressOf(tenant.Id)}\">{Markup.Name(tenant.Name ?? tenant.Id.Value)}</a></li>")))}</ul>
            {shown.Turn(Address, "More tenants")}
            """));
    }
}
