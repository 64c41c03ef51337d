using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Duende.IdentityModel;
using Duende.IdentityModel.Client;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>Sends the owner to the service: the authorization request and all that its callback will be held against.</summary>
internal sealed class AuthorizationStart(IRegistry registry, StateSigner signer, SessionProtector protector, PublicAddress address, TimeProvider clock)
{
    private static readonly string[] s_ownParameters = ["response_type", "client_id", "redirect_uri", "state", "scope", "code_challenge", "code_challenge_method"];

    /// <summary>Where to send the browser, and the cookie to give it; null where the session can no longer be started.</summary>
    public async Task<(Uri Address, IssuedState State)?> StartAsync(ConnectSession session, LoadedDriver driver, ClientRegistration client, CancellationToken cancellationToken)
    {
        var manifest = driver.Manifest.Authorization;
        var addresses = ServiceAddresses.For(manifest, client);
        if (addresses.Authorize is not { } authorize)
        {
            return null;
        }

        var state = await signer.IssueAsync(session.Driver, cancellationToken);
        var verifier = manifest.Pkce == Pkce.S256 ? RandomText.Secret() : null;
        var request = new AuthorizationRequest
        {
            StateHash = RandomText.Hash(state.State),
            Session = session.Id,
            Tenant = session.Tenant,
            Driver = session.Driver,
            Addresses = addresses,
            RedirectAddress = address.RedirectAddress(session.Driver),
            Issuer = manifest.Issuer,
            Scopes = manifest.Scopes,
            Verifier = verifier is null ? null : protector.Protect(session.Tenant, session.Id, "verifier", verifier),
            CodeLifeSeconds = manifest.CodeLifeSeconds,
            ExpiresAt = clock.GetUtcNow() + AuthorizationRequest.Life,
        };
        return await RecordAsync(session.Id, request, cancellationToken)
            ? (Build(authorize, manifest, client, request, state, verifier), state)
            : null;
    }

    private Task<bool> RecordAsync(string sessionId, AuthorizationRequest request, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        return registry.WriteAsync(
            transaction =>
            {
                if (transaction.Find(ConnectSession.Collection, sessionId) is not { Status: ConnectSessionStatus.Created or ConnectSessionStatus.Started } session
                    || now >= session.ExpiresAt)
                {
                    return false;
                }

                if (session.Request is { } earlier)
                {
                    transaction.Delete(AuthorizationRequest.Collection, earlier);
                }

                transaction.Put(AuthorizationRequest.Collection, request);
                transaction.Put(ConnectSession.Collection, session with { Status = ConnectSessionStatus.Started, Request = request.StateHash });
                return true;
            },
            cancellationToken);
    }

    private static Uri Build(Uri authorize, AuthorizationManifest manifest, ClientRegistration client, AuthorizationRequest request, IssuedState state, string? verifier)
    {
        var parameters = new Parameters(manifest.Parameters.Where(static pair => !s_ownParameters.Contains(pair.Key)));
        var challenge = verifier is null ? null : Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
        var text = new RequestUrl(authorize.AbsoluteUri).CreateAuthorizeUrl(
            clientId: client.Id,
            responseType: OidcConstants.ResponseTypes.Code,
            scope: request.Scopes.Count == 0 ? null : string.Join(' ', request.Scopes),
            redirectUri: request.RedirectAddress,
            state: state.State,
            codeChallenge: challenge,
            codeChallengeMethod: challenge is null ? null : OidcConstants.CodeChallengeMethods.Sha256,
            extra: parameters);
        return new Uri(text);
    }
}
