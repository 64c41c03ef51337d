using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Webhooks;

/// <summary>Whom events are about, by the service's ids.</summary>
internal readonly record struct InboxAccount(DriverId Driver, string? AccountId, string? LocationId);
