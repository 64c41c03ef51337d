using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Deliveries.Subscriptions;

/// <summary>Shows subscriptions with how their deliveries stand.</summary>
internal sealed class SubscriptionViews(IOutbox outbox, TimeProvider clock)
{
    /// <param name="secret">To be shown this once, or null.</param>
    public async ValueTask<SubscriptionView> OfAsync(Subscription subscription, Secret? secret, CancellationToken cancellationToken)
        => SubscriptionView.Of(subscription, await outbox.ReadStandingAsync(subscription.Id, cancellationToken), clock.GetUtcNow(), secret?.Reveal());
}
