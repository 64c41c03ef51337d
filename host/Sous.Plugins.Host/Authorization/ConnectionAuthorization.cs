using Sous.Plugins.Host.Authorization.Refreshing;
using Sous.Plugins.Host.Authorization.Tokens;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Authorization;

/// <summary>Makes the handler that authorizes a connection's requests, by the kind of its authorization.</summary>
internal sealed class ConnectionAuthorization(
    CredentialRefresher refresher, ClientTokens clientTokens, CredentialStore credentials, ConnectionStore connections, DriverLookup drivers)
{
    /// <summary>What a connection without a grant of its own says of its trouble.</summary>
    private const string Part = CredentialRefresher.Part;

    /// <summary>For one driver session, which disposes of it.</summary>
    public DelegatingHandler CreateHandler(Connection connection) => connection.Authorization switch
    {
        AuthorizationKind.ApiKey => new AuthorizationHandler(
            drivers(connection.Driver)?.Manifest.Authorization.KeyHeader,
            token => ReadKeyAsync(connection.Id, token),
            static (_, _) => ValueTask.FromResult<Secret?>(null)),
        AuthorizationKind.ClientCredentials => new AuthorizationHandler(
            null,
            token => ReadClientTokenAsync(connection, token),
            (used, token) => clientTokens.RenewAsync(connection.Driver, used, token)),
        _ => new AuthorizationHandler(
            null,
            token => refresher.GetAccessTokenAsync(connection.Id, token),
            (used, token) => refresher.RefreshAfter401Async(connection.Id, used, token)),
    };

    private async ValueTask<Secret> ReadKeyAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        try
        {
            return await credentials.FindAsync(id, cancellationToken) is { } credential
                && (await credentials.RevealAsync(credential, cancellationToken)).ApiKey is { } key
                    ? key
                    : throw new DriverException(FailureKind.Unauthorized, "The connection has no key.");
        }
        catch (CredentialException e)
        {
            throw new DriverException(FailureKind.Misconfigured, e.Message);
        }
    }

    /// <summary>The client's trouble is each of its connections' trouble, and ends for each with the next token.</summary>
    private async ValueTask<Secret> ReadClientTokenAsync(Connection connection, CancellationToken cancellationToken)
    {
        try
        {
            var token = await clientTokens.GetAsync(connection.Driver, cancellationToken);
            await connections.MarkWellAsync(connection.Id, Part, cancellationToken);
            return token;
        }
        catch (DriverException e) when (e.Kind == FailureKind.Misconfigured)
        {
            await connections.MarkNeedsAttentionAsync(connection.Id, Part, e.Message, Actor.Operator, cancellationToken);
            throw;
        }
    }
}
