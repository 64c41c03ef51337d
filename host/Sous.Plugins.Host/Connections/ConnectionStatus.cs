namespace Sous.Plugins.Host.Connections;

/// <summary>The condition of a connection.</summary>
internal enum ConnectionStatus
{
    Ok,
    Refreshing,
    NeedsReconnect,
    NeedsAttention,
    Paused,
    Revoking,
    Revoked,
    CannotRevoke,
    AdoptRequired,
}
