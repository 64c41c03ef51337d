using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Drive.Api;

/// <summary>Codes, grants and tokens by Google's rules. Safe to use from several threads.</summary>
internal sealed class GoogleGrants(DriveSimulatorOptions options, SecretsLedger secrets, TimeProvider clock)
{
    public const string ReadOnly = "https://www.googleapis.com/auth/drive.readonly";
    public const string PerFile = "https://www.googleapis.com/auth/drive.file";
    public const string MetadataOnly = "https://www.googleapis.com/auth/drive.metadata.readonly";

    public static readonly string[] KnownScopes = [ReadOnly, PerFile, MetadataOnly, "https://www.googleapis.com/auth/drive", "openid", "https://www.googleapis.com/auth/userinfo.email"];

    private static readonly TimeSpan CodeLife = TimeSpan.FromMinutes(10);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (GoogleAuthorization Request, IReadOnlyList<string> Scopes, DateTimeOffset Expires)> _codes = [];
    private readonly Dictionary<string, GoogleAccessToken> _access = [];
    private readonly List<GoogleGrant> _grants = [];

    public string ClientSecret { get; } = options.ClientSecret is { } given ? secrets.Remember(given) : secrets.Make("GOCSPX-");

    /// <summary>What the owner granted this client so far: <c>include_granted_scopes</c> adds it to a request.</summary>
    public IReadOnlyList<string> GrantedSoFar
    {
        get
        {
            lock (_gate)
            {
                return [.. _grants.Where(grant => !grant.Revoked).SelectMany(grant => grant.Scopes).Distinct()];
            }
        }
    }

    public string IssueCode(GoogleAuthorization request, IReadOnlyList<string> granted)
    {
        lock (_gate)
        {
            var code = secrets.Make("4/0A");
            _codes[code] = (request, granted, clock.GetUtcNow() + CodeLife);
            return code;
        }
    }

    public GoogleAccessToken Redeem(string code, string redirectUri, string? verifier)
    {
        lock (_gate)
        {
            if (!_codes.Remove(code, out var held) || held.Expires <= clock.GetUtcNow())
            {
                throw GoogleTokenFault.InvalidGrant("Malformed auth code.");
            }

            if (redirectUri != held.Request.RedirectUri)
            {
                throw new GoogleTokenFault(400, "redirect_uri_mismatch", "Bad Request");
            }

            if (held.Request.CodeChallenge is { } challenge)
            {
                if (verifier is null)
                {
                    throw GoogleTokenFault.InvalidGrant("Missing code verifier.");
                }

                var proven = held.Request.Plain ? verifier : Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
                if (proven != challenge)
                {
                    throw GoogleTokenFault.InvalidGrant("Invalid code verifier.");
                }
            }

            var first = !_grants.Exists(grant => !grant.Revoked);
            return Issue(Remember(held.Scopes, held.Request.Offline && (held.Request.Consent || first)));
        }
    }

    public GoogleAccessToken Refresh(string token)
    {
        lock (_gate)
        {
            return Issue(_grants.Find(grant => grant.RefreshToken == token && !grant.Revoked)
                ?? throw GoogleTokenFault.InvalidGrant("Token has been expired or revoked."));
        }
    }

    public GoogleAccessToken IssueDirectly(IReadOnlyList<string> scopes)
    {
        lock (_gate)
        {
            return Issue(Remember(scopes, refreshable: true));
        }
    }

    /// <summary>The scopes of a request's token, or the refusal of a token that is none.</summary>
    public IReadOnlyList<string> Check(string? authorization)
    {
        lock (_gate)
        {
            return authorization?.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) == true
                && _access.TryGetValue(authorization[7..].Trim(), out var token) && !token.Grant.Revoked && token.Expires > clock.GetUtcNow()
                    ? token.Grant.Scopes
                    : throw new DriveFault(401, "authError", "Invalid Credentials", "Authorization", "header");
        }
    }

    /// <summary>Revokes by either token; Google withdraws all that the owner gave the client.</summary>
    public void Revoke(string token)
    {
        lock (_gate)
        {
            if (!_grants.Exists(grant => grant.RefreshToken == token && !grant.Revoked) && !(_access.TryGetValue(token, out var access) && !access.Grant.Revoked))
            {
                throw new GoogleTokenFault(400, "invalid_token", "Token expired or revoked");
            }
        }

        RevokeAll();
    }

    public void RevokeAll()
    {
        lock (_gate)
        {
            _grants.ForEach(grant => grant.Revoked = true);
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

    private GoogleGrant Remember(IReadOnlyList<string> scopes, bool refreshable)
    {
        var grant = new GoogleGrant { Scopes = scopes, RefreshToken = refreshable ? secrets.Make("1//0") : null };
        _grants.Add(grant);
        return grant;
    }

    private GoogleAccessToken Issue(GoogleGrant grant)
    {
        var token = new GoogleAccessToken { Value = secrets.Make("ya29."), Grant = grant, Expires = clock.GetUtcNow() + options.AccessTokenLife };
        _access[token.Value] = token;
        return token;
    }
}
