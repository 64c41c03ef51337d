using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Square.Api;

/// <summary>Codes, grants and tokens by Square's rules. Safe to use from several threads.</summary>
internal sealed class GrantBook(SquareSimulatorOptions options, SecretsLedger secrets, TimeProvider clock)
{
    public static readonly string[] AllScopes = ["MERCHANT_PROFILE_READ", "ORDERS_READ", "PAYMENTS_READ", "ITEMS_READ"];

    private static readonly TimeSpan CodeLife = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan PkceRefreshLife = TimeSpan.FromDays(90);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (AuthorizationRequest Request, DateTimeOffset Expires)> _codes = [];
    private readonly Dictionary<string, AccessToken> _access = [];
    private readonly Dictionary<string, Grant> _refresh = [];
    private readonly HashSet<string> _spent = [];

    public string ClientSecret { get; } = options.ClientSecret is { } given ? secrets.Remember(given) : secrets.Make("sq0csp-");

    public string WebhookSignatureKey { get; } = options.WebhookSignatureKey is { } key ? secrets.Remember(key) : secrets.Make("sq0whk-");

    public string IssueCode(AuthorizationRequest request)
    {
        lock (_gate)
        {
            var code = secrets.Make("sq0cgp-");
            _codes[code] = (request, clock.GetUtcNow() + CodeLife);
            return code;
        }
    }

    public AccessToken Redeem(string code, string? verifier, string? redirectUri, bool shortLived)
    {
        lock (_gate)
        {
            if (!_codes.Remove(code, out var held))
            {
                throw SquareFault.Unauthorized("UNAUTHORIZED", "The authorization code is not known or was used before.", "code");
            }

            if (held.Expires <= clock.GetUtcNow())
            {
                throw SquareFault.Unauthorized("UNAUTHORIZED", "The authorization code has expired.", "code");
            }

            if (redirectUri is null ? held.Request.RedirectGiven : redirectUri != held.Request.RedirectUri)
            {
                throw SquareFault.Unauthorized("UNAUTHORIZED", "The redirect_uri is not the one of the authorization request.", "redirect_uri");
            }

            if (held.Request.CodeChallenge is { } challenge && Challenge(verifier) != challenge)
            {
                throw SquareFault.Unauthorized("UNAUTHORIZED", "The code_verifier does not fit the code_challenge.", "code_verifier");
            }

            return Issue(NewGrant(held.Request.Scopes, held.Request.CodeChallenge is not null), null, shortLived);
        }
    }

    /// <summary>Tells whether a code came from an authorization request with a code challenge.</summary>
    public bool IsPkceCode(string code)
    {
        lock (_gate)
        {
            return _codes.TryGetValue(code, out var held) && held.Request.CodeChallenge is not null;
        }
    }

    public AccessToken Refresh(string token, bool clientAuthenticated, IReadOnlyList<string>? scopes, bool shortLived)
    {
        lock (_gate)
        {
            if (!_refresh.TryGetValue(token, out var grant))
            {
                var why = _spent.Contains(token) ? "The refresh token was used before." : "The refresh token is not known.";
                throw SquareFault.Unauthorized("UNAUTHORIZED", why, "refresh_token");
            }

            if (!grant.Pkce && !clientAuthenticated)
            {
                throw SquareFault.Unauthorized("UNAUTHORIZED", "The client_secret is wrong or missing.", "client_secret");
            }

            if (grant.Revoked)
            {
                throw SquareFault.Unauthorized("ACCESS_TOKEN_REVOKED", "The merchant has revoked the authorization.", "refresh_token");
            }

            if (grant.RefreshExpires <= clock.GetUtcNow())
            {
                throw SquareFault.Unauthorized("ACCESS_TOKEN_EXPIRED", "The refresh token has expired.", "refresh_token");
            }

            if (grant.Pkce)
            {
                _refresh.Remove(token);
                _spent.Add(token);
                GiveRefreshToken(grant);
            }

            return Issue(grant, scopes, shortLived);
        }
    }

    /// <summary>An access token of a fresh grant, as though the merchant had gone through the pages.</summary>
    public AccessToken IssueDirectly(IReadOnlyList<string> scopes)
    {
        lock (_gate)
        {
            return Issue(NewGrant(scopes, pkce: false), null, shortLived: false);
        }
    }

    public AccessToken Check(string? authorization, string? scope)
    {
        lock (_gate)
        {
            if (authorization?.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) != true || !_access.TryGetValue(authorization[7..].Trim(), out var token))
            {
                throw SquareFault.Unauthorized("UNAUTHORIZED", "This request could not be authorized.");
            }

            if (token.Revoked || token.Grant.Revoked)
            {
                throw SquareFault.Unauthorized("ACCESS_TOKEN_REVOKED", "The access token has been revoked.");
            }

            if (token.Expires <= clock.GetUtcNow())
            {
                throw SquareFault.Unauthorized("ACCESS_TOKEN_EXPIRED", "The access token has expired.");
            }

            return scope is null || token.Scopes.Contains(scope)
                ? token
                : throw new SquareFault(403, "AUTHENTICATION_ERROR", "INSUFFICIENT_SCOPES", $"The merchant has not given your application sufficient permissions to do that: {scope} is missing.");
        }
    }

    /// <summary>Revokes one token, or with all of its grant's; null stands for everything the merchant granted.</summary>
    public void Revoke(string? accessToken, bool onlyAccessToken)
    {
        lock (_gate)
        {
            if (accessToken is null || !onlyAccessToken)
            {
                if (accessToken is not null && !_access.ContainsKey(accessToken))
                {
                    throw SquareFault.NotFound("The access token is not known.", "access_token");
                }

                foreach (var grant in _access.Values.Select(t => t.Grant).Concat(_refresh.Values))
                {
                    grant.Revoked = true;
                }

                return;
            }

            (_access.GetValueOrDefault(accessToken) ?? throw SquareFault.NotFound("The access token is not known.", "access_token")).Revoked = true;
        }
    }

    public void ExpireAccessTokens()
    {
        lock (_gate)
        {
            foreach (var token in _access.Values)
            {
                token.Expires = clock.GetUtcNow();
            }
        }
    }

    private static string? Challenge(string? verifier) =>
        verifier is null ? null : Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));

    private Grant NewGrant(IReadOnlyList<string> scopes, bool pkce)
    {
        var grant = new Grant { Scopes = scopes, Pkce = pkce, RefreshToken = "" };
        GiveRefreshToken(grant);
        return grant;
    }

    private void GiveRefreshToken(Grant grant)
    {
        grant.RefreshToken = secrets.Make("EQAA");
        grant.RefreshExpires = grant.Pkce ? clock.GetUtcNow() + PkceRefreshLife : null;
        _refresh[grant.RefreshToken] = grant;
    }

    private AccessToken Issue(Grant grant, IReadOnlyList<string>? scopes, bool shortLived)
    {
        var token = new AccessToken
        {
            Value = secrets.Make("EAAA"),
            Grant = grant,
            Scopes = scopes is null ? grant.Scopes : [.. grant.Scopes.Intersect(scopes)],
            ShortLived = shortLived,
            Expires = clock.GetUtcNow() + (shortLived ? TimeSpan.FromHours(24) : options.AccessTokenLife),
        };
        _access[token.Value] = token;
        return token;
    }
}
