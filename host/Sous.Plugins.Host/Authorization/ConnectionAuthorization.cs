using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Authorization;

/// <summary>Makes the handler that authorizes a connection's requests.</summary>
internal sealed class ConnectionAuthorization(CredentialRefresher refresher)
{
    /// <summary>For one driver session, which disposes of it.</summary>
    public DelegatingHandler CreateHandler(ConnectionId connection) => new AuthorizationHandler(connection, refresher);
}
