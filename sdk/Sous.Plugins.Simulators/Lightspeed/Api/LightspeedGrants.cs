using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Lightspeed.Api;

/// <summary>Codes, grants and tokens by K-Series' rules: whatever is redeemed is spent. Safe to use from several threads.</summary>
internal sealed class LightspeedGrants(LightspeedSimulatorOptions options, SecretsLedger secrets, TimeProvider clock)
{
    public static readonly string[] KnownScopes = ["financial-api", "items", "orders-api", "staff-api", "reservations-api", "propertymanagement", "id-cards", "offline_access"];

    private static readonly TimeSpan CodeLife = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan RefreshLife = TimeSpan.FromDays(14);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (LightspeedAuthorization Request, DateTimeOffset Expires)> _codes = [];
    private readonly Dictionary<string, LightspeedTokens> _access = [];
    private readonly Dictionary<string, LightspeedTokens> _refresh = [];

    public string ClientSecret { get; } = options.ClientSecret is { } given ? secrets.Remember(given) : secrets.Make("lsk-secret-");

    public string IssueCode(LightspeedAuthorization request)
    {
        lock (_gate)
        {
            var code = secrets.Make("lsk-code-");
            _codes[code] = (request, clock.GetUtcNow() + CodeLife);
            return code;
        }
    }

    public LightspeedTokens Redeem(string code, string redirectUri, string? verifier)
    {
        lock (_gate)
        {
            if (!_codes.Remove(code, out var held) || held.Expires <= clock.GetUtcNow())
            {
                throw LightspeedTokenFault.InvalidGrant("The authorization code is not known, was used before or has expired.");
            }

            if (redirectUri != held.Request.RedirectUri)
            {
                throw LightspeedTokenFault.InvalidGrant("The redirect_uri is not the one of the authorization request.");
            }

            if (held.Request.CodeChallenge is { } challenge && (verifier is null || Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))) != challenge))
            {
                throw LightspeedTokenFault.InvalidGrant("The code_verifier does not fit the code_challenge.");
            }

            return Issue(new LightspeedGrant { Scopes = held.Request.Scopes });
        }
    }

    public LightspeedTokens Refresh(string token)
    {
        lock (_gate)
        {
            if (!_refresh.TryGetValue(token, out var held) || held.Grant.Revoked)
            {
                throw LightspeedTokenFault.InvalidGrant("The refresh token is not known or was revoked.");
            }

            if (held.Spent)
            {
                // Whoever has it may have stolen it, so whoever has the newer one loses that too.
                held.Grant.Revoked |= options.RevokeOnReuse;
                throw LightspeedTokenFault.InvalidGrant("The refresh token was used before.");
            }

            if (held.RefreshExpires <= clock.GetUtcNow())
            {
                throw LightspeedTokenFault.InvalidGrant("The refresh token has expired.");
            }

            held.Spent = true;
            return Issue(held.Grant);
        }
    }

    public LightspeedTokens IssueDirectly(IReadOnlyList<string> scopes)
    {
        lock (_gate)
        {
            return Issue(new LightspeedGrant { Scopes = scopes });
        }
    }

    /// <exception cref="LightspeedFault">The request carries no token that is good for the scope.</exception>
    public void Check(string? authorization, string scope)
    {
        lock (_gate)
        {
            if (authorization?.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) != true
                || !_access.TryGetValue(authorization[7..].Trim(), out var token) || token.Grant.Revoked || token.Expires <= clock.GetUtcNow())
            {
                throw LightspeedFault.Of(StatusCodes.Status401Unauthorized);
            }

            if (!token.Grant.Scopes.Contains(scope))
            {
                throw LightspeedFault.Of(StatusCodes.Status403Forbidden);
            }
        }
    }

    public void RevokeAll()
    {
        lock (_gate)
        {
            foreach (var token in _access.Values)
            {
                token.Grant.Revoked = true;
            }
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

    private LightspeedTokens Issue(LightspeedGrant grant)
    {
        var now = clock.GetUtcNow();
        var tokens = new LightspeedTokens
        {
            Access = secrets.Make("lsk-access-"), Refresh = secrets.Make("lsk-refresh-"), Grant = grant,
            Expires = now + options.AccessTokenLife, RefreshExpires = now + RefreshLife,
        };
        (_access[tokens.Access], _refresh[tokens.Refresh]) = (tokens, tokens);
        return tokens;
    }
}
