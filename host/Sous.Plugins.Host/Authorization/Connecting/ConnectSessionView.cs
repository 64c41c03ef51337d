using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>A connect session as the API shows it.</summary>
/// <param name="Url">In the answer to its creation only.</param>
/// <param name="Account">The account that consented, where it is another than the connection's and waits to be confirmed.</param>
internal sealed record ConnectSessionView(
    string Id,
    string? Url,
    DriverId Driver,
    ConnectSessionStatus Status,
    string? Cause,
    CompletionMode Completion,
    ConnectionId? Connection,
    string? Account,
    string? AccountName,
    DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt)
{
    public static ConnectSessionView Of(ConnectSession session, string? url = null) => new(
        session.Id,
        url,
        session.Driver,
        session.Status,
        session.Cause,
        session.Completion,
        session.Status == ConnectSessionStatus.Redeeming ? null : session.Connection,
        session.Grant?.AccountId,
        session.Grant?.AccountName,
        session.CreatedAt,
        session.ExpiresAt);
}
