using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Events;

/// <summary>What the platform is told of a change.</summary>
internal static class PlatformEvents
{
    /// <summary>The type that an owner must act on.</summary>
    public const string NeedsReconnect = "connection.needs_reconnect";

    /// <summary>A connection that was made, or renewed by its owner.</summary>
    public static IEnumerable<PlatformEvent> Connected(Connection connection, string? session)
    {
        yield return Of(connection, "connection.connected") with { Session = session };
        if (connection.MissingScopes.Count > 0)
        {
            yield return Narrowed(connection) with { Session = session };
        }
    }

    /// <summary>A connection whose condition is another than before. Which scopes it has is part of that.</summary>
    public static IEnumerable<PlatformEvent> Changed(Connection before, Connection after)
    {
        if ((before.Status, before.Cause, before.Actor) != (after.Status, after.Cause, after.Actor))
        {
            yield return Of(after, TypeOf(after));
        }

        if (after.MissingScopes.Except(before.MissingScopes).Any())
        {
            yield return Narrowed(after);
        }
    }

    /// <summary>A reconnect by another account, which waits to be confirmed.</summary>
    public static PlatformEvent AccountMismatch(ConnectSession session, HeldGrant held, DateTimeOffset at) => Of(session, "connection.account_mismatch", at) with
    {
        Cause = "Another account consented than the one that the connection was made for; until it is confirmed nothing changes.",
        Account = held.AccountId,
    };

    /// <summary>A connect session that came to nothing; null for any other.</summary>
    public static PlatformEvent? Ended(ConnectSession session, DateTimeOffset at)
        => session.Status is ConnectSessionStatus.Denied or ConnectSessionStatus.Failed or ConnectSessionStatus.Abandoned or ConnectSessionStatus.Expired
            ? Of(session, $"connect_session.{SnakeCase.Of(session.Status)}", at) with { Cause = session.Cause }
            : null;

    private static PlatformEvent Of(ConnectSession session, string type, DateTimeOffset at) => new()
    {
        Type = type,
        Tenant = session.Tenant,
        At = at,
        Connection = session.Connection,
        Session = session.Id,
        Driver = session.Driver,
    };

    private static PlatformEvent Of(Connection connection, string type) => new()
    {
        Type = type,
        Tenant = connection.Tenant,
        At = connection.ChangedAt,
        Connection = connection.Id,
        Driver = connection.Driver,
        Cause = connection.Cause,
        Actor = connection.Actor == Actor.Nobody ? null : connection.Actor,
    };

    private static PlatformEvent Narrowed(Connection connection) => Of(connection, "connection.scopes_narrowed") with
    {
        Cause = "Not all that was asked for is granted; what needs the rest will not work.",
        Actor = Actor.Owner,
        MissingScopes = connection.MissingScopes,
    };

    // A revocation with a cause is one that did not go through (yet).
    private static string TypeOf(Connection connection) => connection.Status switch
    {
        ConnectionStatus.CannotRevoke or ConnectionStatus.Revoking when connection.Cause is not null => "connection.not_revoked",
        var status => $"connection.{SnakeCase.Of(status)}",
    };
}
