using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Deliveries.Outbox;

/// <summary>Which deliveries to list, oldest first.</summary>
internal sealed record DeliveryQuery(TenantId Tenant, string? Subscription, DeliveryState? State, long After, int Limit);
