using Sous.Plugins.Sdk.Authorization;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Authorization;

/// <summary>Where a service authorizes: the manifest's addresses, or the operator's in their place. Kept with each authorization request as it was at its start.</summary>
internal sealed record ServiceAddresses(Uri? Authorize, Uri? Token, Uri? Revoke)
{
    public static ServiceAddresses For(AuthorizationManifest manifest, ClientRegistration client) => new(
        Place(manifest.AuthorizeAddress, client.AuthUrl),
        Place(manifest.TokenAddress, client.AuthUrl),
        Place(manifest.RevokeAddress, client.AuthUrl));

    public Uri? Of(TokenExchange exchange) => exchange == TokenExchange.Revoke ? Revoke : Token;

    private static Uri? Place(Uri? address, Uri? origin) => address is null || origin is null
        ? address
        : new UriBuilder(address) { Scheme = origin.Scheme, Host = origin.Host, Port = origin.Port }.Uri;
}
