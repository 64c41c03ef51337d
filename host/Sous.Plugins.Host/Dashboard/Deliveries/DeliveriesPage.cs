using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Dashboard.Connections;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Deliveries.Subscriptions;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Dashboard.Deliveries;

/// <summary>The addresses that want events, those first that nothing is delivered to or that something waits for.</summary>
internal sealed class DeliveriesPage(IRegistry registry, IOutbox outbox, SubscriptionViews views, ConnectionParts parts, TimeProvider clock)
{
    public const string Address = "/dashboard/deliveries";

    private const int PageSize = 40;

    public static void Map(RouteGroupBuilder signedIn) => signedIn.MapMethods(
        Address, OwnerPages.Reading, static (int? page, Caller caller, DeliveriesPage shown, CancellationToken cancellationToken) => shown.ShowAsync(page ?? 1, caller, cancellationToken));

    private async Task<DashboardPage> ShowAsync(int page, Caller caller, CancellationToken cancellationToken)
    {
        var waiting = (await outbox.ListWaitingAsync(cancellationToken)).Select(static one => one.Id).ToHashSet(StringComparer.Ordinal);
        var all = (await registry.ListAsync(Subscription.Collection, "", cancellationToken)).Where(subscription => caller.Reaches(subscription.Tenant))
            .OrderBy(subscription => subscription.State == SubscriptionState.Disabled ? 0 : waiting.Contains(subscription.Id) ? 1 : 2)
            .ThenBy(static subscription => subscription.Tenant.Value, StringComparer.Ordinal).ThenBy(static subscription => subscription.CreatedAt).ToList();
        if (Paged<Subscription>.Of(all, page, PageSize) is not { } shown)
        {
            return DashboardPages.NoSuchPage;
        }

        var cards = new List<Html>();
        foreach (var subscription in shown.Items)
        {
            cards.Add(await CardAsync(subscription, caller, cancellationToken));
        }

        return new DashboardPage(StatusCodes.Status200OK, "Deliveries", Html.Of($"""
            <p>{(all.Count == 0 ? "The platform has asked for no deliveries: it reads for itself." : "What happens is delivered to these addresses of the platform, in order, and tried again for three days.")}</p>
            <ul class="cards">{Html.Concat(cards)}</ul>
            {shown.Turn(Address, "More addresses")}
            """));
    }

    private async Task<Html> CardAsync(Subscription subscription, Caller caller, CancellationToken cancellationToken)
    {
        var card = new SubscriptionCard(subscription.Tenant, await views.OfAsync(subscription, null, cancellationToken), clock.GetUtcNow());
        return Html.Of($"""
            <li class="card {card.Tone.Class()}">
            <div class="row"><h2><a href="{SubscriptionCard.AddressOf(subscription.Tenant, subscription.Id)}">{Markup.Name(SubscriptionCard.NameOf(subscription.Url))}</a></h2>{await parts.TenantAsync(subscription.Tenant, caller, cancellationToken)}</div>
            {card.Draw()}
            </li>

            """);
    }
}
