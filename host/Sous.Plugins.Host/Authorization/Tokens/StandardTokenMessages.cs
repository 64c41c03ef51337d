using Duende.IdentityModel;
using Sous.Plugins.Sdk.Authorization;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Authorization.Tokens;

/// <summary>The messages of RFC 6749, 7009 and 7636, for services that keep to them.</summary>
internal static class StandardTokenMessages
{
    public static TokenMessage Describe(AuthorizationManifest manifest, TokenExchange exchange, bool hasRefreshToken)
    {
        IEnumerable<TokenField> own = exchange switch
        {
            TokenExchange.Code =>
            [
                Grant(OidcConstants.GrantTypes.AuthorizationCode),
                new(OidcConstants.TokenRequest.Code, TokenValue.Code),
                new(OidcConstants.TokenRequest.RedirectUri, TokenValue.RedirectUri),
                new(OidcConstants.TokenRequest.CodeVerifier, TokenValue.CodeVerifier),
            ],
            TokenExchange.Refresh => [Grant(OidcConstants.GrantTypes.RefreshToken), new(OidcConstants.TokenRequest.RefreshToken, TokenValue.RefreshToken)],
            TokenExchange.ClientCredentials => [Grant(OidcConstants.GrantTypes.ClientCredentials), .. Scope(manifest)],
            // The refresh token where there is one: revoking it takes the access tokens with it.
            _ when hasRefreshToken => [new("token", TokenValue.RefreshToken), new("token_type_hint", TokenValue.Literal, "refresh_token")],
            _ => [new("token", TokenValue.AccessToken), new("token_type_hint", TokenValue.Literal, "access_token")],
        };
        IEnumerable<TokenField> client = manifest.ClientAuthentication == ClientAuthentication.Body
            ? [new(OidcConstants.TokenRequest.ClientId, TokenValue.ClientId), new(OidcConstants.TokenRequest.ClientSecret, TokenValue.ClientSecret)]
            : [];
        return new TokenMessage { Body = manifest.Body, Fields = [.. own, .. client] };
    }

    /// <summary>What an RFC 6749 error says.</summary>
    public static TokenFailure ReadFailure(string? error) => error switch
    {
        OidcConstants.TokenErrors.InvalidGrant => TokenFailure.GrantGone,
        OidcConstants.TokenErrors.InvalidClient or OidcConstants.TokenErrors.UnauthorizedClient
            or OidcConstants.TokenErrors.InvalidRequest or OidcConstants.TokenErrors.UnsupportedGrantType
            or OidcConstants.TokenErrors.InvalidScope => TokenFailure.ClientRejected,
        _ => TokenFailure.Temporary,
    };

    private static TokenField Grant(string type) => new(OidcConstants.TokenRequest.GrantType, TokenValue.Literal, type);

    private static IEnumerable<TokenField> Scope(AuthorizationManifest manifest)
        => manifest.Scopes.Count == 0 ? [] : [new(OidcConstants.TokenRequest.Scope, TokenValue.Literal, string.Join(' ', manifest.Scopes))];
}
