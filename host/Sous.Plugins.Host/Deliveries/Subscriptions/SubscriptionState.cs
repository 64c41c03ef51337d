namespace Sous.Plugins.Host.Deliveries.Subscriptions;

internal enum SubscriptionState
{
    Active,

    /// <summary>Nothing is sent until it is enabled; what happens meanwhile is kept as long as the log keeps it.</summary>
    Disabled,
}
