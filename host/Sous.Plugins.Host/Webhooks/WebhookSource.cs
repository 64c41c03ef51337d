using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Webhooks.Channels;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Webhooks;

/// <summary>Whose webhooks come to an address of ours, and what they are verified by.</summary>
/// <param name="Address">As it is registered at the service.</param>
/// <param name="Secret">Null while it is not configured.</param>
/// <param name="Channel">The push channel that the address was made for; null for the driver's registration.</param>
internal sealed record WebhookSource(DriverId Driver, Uri Address, Secret? Secret, WatchedChannel? Channel);
