using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Connections;

internal static class ConnectionLookup
{
    /// <returns>The connection, or null where there is none of that id or it is another tenant's.</returns>
    public static async ValueTask<Connection?> FindConnectionAsync(this IRegistry registry, string tenant, string id, CancellationToken cancellationToken)
        => await registry.FindAsync(Connection.Collection, id, cancellationToken) is { } connection && connection.Tenant.Value == tenant ? connection : null;
}
