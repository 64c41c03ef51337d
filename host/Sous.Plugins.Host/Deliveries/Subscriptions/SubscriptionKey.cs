using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Deliveries.Subscriptions;

/// <summary>Names a subscription.</summary>
internal readonly record struct SubscriptionKey(TenantId Tenant, string Id)
{
    public override string ToString() => Subscription.KeyOf(Tenant, Id);
}
