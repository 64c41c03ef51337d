using System.Globalization;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Dashboard.Connections;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Dashboard.Events;

/// <summary>What happened to a tenant's connections and records, newest first.</summary>
internal sealed class EventsPage(EventLog log, ConnectionStore connections, ConnectionParts parts, EventLines lines)
{
    // So few that a page stays small, whatever services call their accounts.
    private const int PageSize = 20;
    private const int MostNamed = 30;

    private static readonly TenantChoice s_choice = new("Events", "/dashboard/events", AddressOf);

    public static void Map(RouteGroupBuilder signedIn, RouteGroupBuilder pages)
    {
        signedIn.MapMethods(s_choice.Start, OwnerPages.Reading, static (int? page, Caller caller, IRegistry registry, CancellationToken cancellationToken) => s_choice.ShowAsync(page ?? 1, caller, registry, cancellationToken));
        var events = pages.MapGroup("/dashboard/tenants/{tenant}/events").RequireAccess(AccessLevel.Tenant);
        events.MapMethods("", OwnerPages.Reading, static (TenantId tenant, HttpRequest request, EventsPage page, CancellationToken cancellationToken) => page.ShowAsync(tenant, request, cancellationToken));
        events.MapGet("changes", static (TenantId tenant, HttpContext context, EventsPage page, PageChanges changes)
            => TypedResults.ServerSentEvents(changes.WatchAsync(context.Request, (caller, cancellationToken) => page.StateAsync(tenant, caller, cancellationToken), context.RequestAborted)));
    }

    public static string AddressOf(TenantId tenant) => $"/dashboard/tenants/{tenant}/events";

    private async Task<DashboardPage> ShowAsync(TenantId tenant, HttpRequest request, CancellationToken cancellationToken)
    {
        var parameters = new QueryReader(request.Query);
        var before = parameters.Number("before", 1, long.MaxValue, long.MaxValue);
        var family = Chosen(request, "type");
        var connection = Chosen(request, "connection");
        if (parameters.Errors.Count > 0 || (family is not null && EventWords.Families.All(one => one.Family != family)))
        {
            return DashboardPages.NoSuchPage;
        }

        // Before the list is read: what comes in between is news.
        var state = before == long.MaxValue ? await StateAsync(tenant, cancellationToken) : null;
        var (found, older) = await log.ReadBackAsync(
            tenant,
            before,
            PageSize,
            told => (family is null || told.Type.StartsWith($"{family}.", StringComparison.Ordinal)) && (connection is null || told.Connection?.Value == connection),
            cancellationToken);
        return new DashboardPage(StatusCodes.Status200OK, "Events", Html.Of($"""
            {await FilterAsync(tenant, family, connection, cancellationToken)}
            {(state is null ? default : Html.Of($"<noscript><p class=\"soft\">Open the page again for what has happened since.</p></noscript>"))}
            {(found.Count > 0 ? Html.Of($"<ul class=\"cards\">{await lines.DrawAsync(found, cancellationToken)}</ul>") : Html.Of($"<p>{(older is null ? "Nothing of this kind has happened in the last thirty days." : "Nothing of this kind is among the events looked through so far.")}</p>"))}
            {(older is { } on ? Html.Of($"<nav class=\"turn\" aria-label=\"More events\"><a rel=\"next\" href=\"{AddressOf(tenant)}{Query(family, connection, on)}\">Older</a></nav>") : default)}
            """))
        {
            Changes = state is null ? null : $"{AddressOf(tenant)}/changes",
            State = state,
        };
    }

    private async ValueTask<string?> StateAsync(TenantId tenant, Caller caller, CancellationToken cancellationToken)
        => caller.Reaches(tenant) ? await StateAsync(tenant, cancellationToken) : null;

    private async ValueTask<string> StateAsync(TenantId tenant, CancellationToken cancellationToken)
        => (await log.FindLastAsync(tenant, cancellationToken)).ToString(CultureInfo.InvariantCulture);

    private async Task<Html> FilterAsync(TenantId tenant, string? family, string? connection, CancellationToken cancellationToken)
    {
        var all = await connections.ListAsync(tenant, cancellationToken);
        var own = all.OrderBy(one => one.Id.Value != connection).ThenBy(static one => one.IsOver).ThenBy(static one => one.CreatedAt).Take(MostNamed);
        // One that is gone has left its events.
        var gone = connection is not null && all.All(one => one.Id.Value != connection) ? Option(connection, Markup.Isolated(connection), connection) : default;
        return Html.Of($"""
            <form class="filter" method="get" action="{AddressOf(tenant)}">
            <label>What <select name="type"><option value="">Anything</option>{Html.Concat(EventWords.Families.Select(one => Option(one.Family, one.Text, family)))}</select></label>
            <label>Whose <select name="connection"><option value="">Any connection</option>{gone}{Html.Concat(own.Select(one => Option(one.Id.Value, parts.PlainTitle(one), connection)))}</select></label>
            <button class="quiet">Show</button>
            </form>
            """);
    }

    private static string? Chosen(HttpRequest request, string name) => request.Query[name].ToString() is { Length: > 0 } text ? text : null;

    private static Html Option(string value, string text, string? chosen) => Html.Of($"<option value=\"{value}\"{(value == chosen ? Html.Of($" selected") : default)}>{text}</option>");

    private static string Query(string? family, string? connection, long before)
        => QueryString.Create([KeyValuePair.Create("type", family), KeyValuePair.Create("connection", connection), KeyValuePair.Create<string, string?>("before", before.ToString(CultureInfo.InvariantCulture))]).ToString();
}
