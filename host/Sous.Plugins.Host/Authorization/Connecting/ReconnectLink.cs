using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>What the address in <c>connection.needs_reconnect</c> is good for: that one connection, until its owner has reconnected.</summary>
/// <param name="At">When the connection came to need it.</param>
/// <param name="ReturnTo">Id of the registered address to which the owner comes back, where the platform completes.</param>
internal sealed record ReconnectLink(ConnectionId Connection, DateTimeOffset At, string ReturnTo)
{
    /// <summary>How long it can be used, unless the owner reconnects before.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromDays(30);
}
