using System.Globalization;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Dashboard.Events;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Deliveries.Subscriptions;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Dashboard.Deliveries;

/// <summary>One address and its deliveries, oldest first: what waits and for what, what was given up and why.</summary>
internal sealed class SubscriptionPage(SubscriptionStore subscriptions, SubscriptionViews views, IOutbox outbox, TimeProvider clock)
{
    private const int PageSize = 40;
    private const int Short = 120;

    public static void Map(RouteGroupBuilder pages) => pages.MapMethods(
        "/dashboard/tenants/{tenant}/subscriptions/{id}",
        OwnerPages.Reading,
        static (TenantId tenant, string id, HttpRequest request, SubscriptionPage shown, CancellationToken cancellationToken) => shown.ShowAsync(tenant, id, request, cancellationToken)).RequireAccess(AccessLevel.Tenant);

    private async Task<DashboardPage> ShowAsync(TenantId tenant, string id, HttpRequest request, CancellationToken cancellationToken)
    {
        var parameters = new QueryReader(request.Query);
        var named = parameters.OneOf<DeliveryState>("state");
        var after = parameters.Number("after", 0, long.MaxValue, 0);
        if (parameters.Errors.Count > 0 || await subscriptions.FindAsync(new SubscriptionKey(tenant, id), cancellationToken) is not { } subscription)
        {
            return DashboardPages.NoSuchPage;
        }

        var view = await views.OfAsync(subscription, null, cancellationToken);
        var state = named ?? (view.Dead > 0 ? DeliveryState.Dead : DeliveryState.Pending);
        var found = await outbox.ListAsync(new DeliveryQuery(tenant, id, state, after, PageSize + 1), cancellationToken);
        var address = SubscriptionCard.AddressOf(tenant, id);
        var card = new SubscriptionCard(tenant, view, clock.GetUtcNow());
        return new DashboardPage(StatusCodes.Status200OK, $"Deliveries to {SubscriptionCard.NameOf(subscription.Url)}", Html.Of($"""
            <p><a href="{DeliveriesPage.Address}">All addresses</a></p>
            <section class="card {card.Tone.Class()}" aria-label="How it stands">{card.Draw()}</section>
            <h2>{DeliveryWords.Of(state).Text}</h2>
            <nav aria-label="Other deliveries">{Html.Concat(Enum.GetValues<DeliveryState>().Where(other => other != state).Select(other => Html.Of($"<a href=\"{address}?state={SnakeCase.Of(other)}\">{DeliveryWords.Of(other).Text}</a>")))}</nav>
            {(found.Count == 0 ? Html.Of($"<p>{DeliveryWords.None(state)}</p>") : Html.Of($"<ul>{Html.Concat(found.Take(PageSize).Select(Line))}</ul>"))}
            {(found.Count > PageSize ? Html.Of($"<nav class=\"turn\" aria-label=\"More deliveries\"><a rel=\"next\" href=\"{address}?state={SnakeCase.Of(state)}&amp;after={found[PageSize - 1].No.ToString(CultureInfo.InvariantCulture)}\">Next</a></nav>") : default)}
            """));
    }

    private Html Line(Delivery delivery) => Html.Of($"""
        <li><a href="{DeliveryPage.AddressOf(delivery.Tenant, delivery.Id)}">{EventWords.Of(delivery.Type).Text}</a>, {Markup.Time(delivery.At, clock.GetUtcNow())}.
        {(delivery.Attempts == 0 ? default : Html.Of($"Tried {Markup.Count(delivery.Attempts, "time", "times")}{(delivery.Reason is { } reason ? Html.Of($": {Markup.Sentence(reason, Short)}") : Html.Of($"."))}"))}
        {(delivery.State == DeliveryState.Pending ? DeliveryPage.Waits(delivery, clock.GetUtcNow()) : default)}</li>

        """);
}
