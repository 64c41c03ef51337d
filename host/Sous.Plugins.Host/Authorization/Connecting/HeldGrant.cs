using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>A grant of another account than the connection was made for. Nobody uses it before it is confirmed.</summary>
/// <param name="Id">The tokens are kept as a credential of this id, which is no connection's.</param>
/// <param name="RetiredId">Under this one the old account's tokens are kept, once confirmed, until they are withdrawn.</param>
/// <param name="AccountId">The service's id of the account that consented.</param>
/// <param name="AccountName">Where the service was asked for it.</param>
/// <param name="Until">Then it is withdrawn at the service.</param>
internal sealed record HeldGrant(ConnectionId Id, ConnectionId RetiredId, string AccountId, string? AccountName, DateTimeOffset Until)
{
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(10);
}
