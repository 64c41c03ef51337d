using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Dashboard;

/// <summary>Whose: the start of pages that show one tenant's. Who reaches one alone, or knows of one alone, is sent there.</summary>
/// <param name="Title">Of the page.</param>
/// <param name="Start">Its address.</param>
/// <param name="AddressOf">A tenant's own page.</param>
internal sealed record TenantChoice(string Title, string Start, Func<TenantId, string> AddressOf)
{
    public const int PageSize = 100;

    public async Task<IResult> ShowAsync(int page, Caller caller, IRegistry registry, CancellationToken cancellationToken)
    {
        var all = (await registry.ListAsync(Tenant.Collection, "", cancellationToken))
            .Where(tenant => caller.Reaches(tenant.Id)).OrderBy(static tenant => tenant.Id.Value, StringComparer.Ordinal).ToList();
        if (all is [var only])
        {
            return new SeeOther(new Uri(AddressOf(only.Id), UriKind.Relative));
        }

        return Paged<Tenant>.Of(all, page, PageSize) is not { } shown ? DashboardPages.NoSuchPage : new DashboardPage(StatusCodes.Status200OK, Title, Html.Of($"""
            <p>{(all.Count == 0 ? "There is no tenant yet." : "Whose?")}</p>
            <ul>{Html.Concat(shown.Items.Select(tenant => Html.Of($"<li><a href=\"{AddressOf(tenant.Id)}\">{Markup.Name(tenant.Name ?? tenant.Id.Value)}</a></li>")))}</ul>
            {shown.Turn(Start, "More tenants")}
            """));
    }
}
