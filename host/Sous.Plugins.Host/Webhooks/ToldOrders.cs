using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Webhooks;

/// <summary>Up to which event of the inbox the platform was told of a connection's orders: so that a kill in between tells none twice.</summary>
internal sealed record ToldOrders(ConnectionId Connection, long UpTo)
{
    public static readonly RegistryCollection<ToldOrders> Collection = new("told_orders", static told => told.Connection.Value, WebhooksJson.Default.ToldOrders);
}
