using Sous.Plugins.Host.Authorization.Tokens;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Sdk.Authorization;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Authorization.Revoking;

/// <summary>One try to withdraw a grant at its service.</summary>
internal sealed class GrantRevoker(DriverLookup drivers, ClientRegistrations clients, ConnectionStore connections, CredentialStore credentials, TokenClient tokens)
{
    /// <summary>Null where there was nothing to withdraw.</summary>
    public async Task<TokenResult?> RevokeAsync(Revocation revocation, CancellationToken cancellationToken)
    {
        if (drivers(revocation.Driver)?.Manifest.Authorization.Kind is AuthorizationKind.ApiKey or AuthorizationKind.ClientCredentials)
        {
            return TokenResult.NotOffered;
        }

        if (await ReadAsync(revocation.Connection, cancellationToken) is not { } secrets)
        {
            return null;
        }

        if (await IsSharedAsync(revocation, cancellationToken))
        {
            return TokenResult.Shared;
        }

        if (drivers(revocation.Driver) is not { } driver)
        {
            return TokenResult.Temporary($"The driver '{revocation.Driver}' does not serve.");
        }

        if (!clients.TryGet(revocation.Driver, out var client, out var missing))
        {
            return new TokenResult(null, TokenFailure.ClientRejected, missing);
        }

        var values = new TokenValues { Client = client, AccessToken = secrets.AccessToken, RefreshToken = secrets.RefreshToken };
        return await tokens.ExchangeAsync(driver, ServiceAddresses.For(driver.Manifest.Authorization, client), TokenExchange.Revoke, values, cancellationToken);
    }

    private async Task<CredentialSecrets?> ReadAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        try
        {
            return await credentials.FindAsync(id, cancellationToken) is { } credential ? await credentials.RevealAsync(credential, cancellationToken) : null;
        }
        catch (CredentialException)
        {
            return null;
        }
    }

    // Services withdraw by client and account, so revoking one of two connections to an account would kill the other.
    private async Task<bool> IsSharedAsync(Revocation revocation, CancellationToken cancellationToken)
        => revocation.AccountId is { } account
            && (await connections.ListAsync(cancellationToken)).Any(other =>
                other.Id != revocation.Connection && !other.IsOver && other.Driver == revocation.Driver && other.AccountId == account);
}
