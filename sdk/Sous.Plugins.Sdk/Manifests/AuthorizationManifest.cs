using Sous.Plugins.Sdk.Authorization;

namespace Sous.Plugins.Sdk.Manifests;

/// <summary>How a connection is authorized. The host does every exchange, keeps every credential and refreshes it.</summary>
public sealed record AuthorizationManifest
{
    /// <summary>Which way.</summary>
    public required AuthorizationKind Kind { get; init; }

    /// <summary>Where the owner's browser is sent, with <see cref="AuthorizationKind.OauthCode"/>.</summary>
    public Uri? AuthorizeAddress { get; init; }

    /// <summary>The token endpoint; none with <see cref="AuthorizationKind.ApiKey"/>.</summary>
    public Uri? TokenAddress { get; init; }

    /// <summary>The revocation endpoint, or null where the service has none.</summary>
    public Uri? RevokeAddress { get; init; }

    /// <summary>The issuer that the service names in its callbacks (RFC 9207), or null where it names none.</summary>
    public string? Issuer { get; init; }

    /// <summary>Scopes to ask for.</summary>
    public IReadOnlyList<string> Scopes { get; init => field = value ?? []; } = [];

    /// <summary>Further parameters of the authorization request.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init => field = value ?? new Dictionary<string, string>(); } = new Dictionary<string, string>();

    /// <summary>How the client's secret is sent.</summary>
    public ClientAuthentication ClientAuthentication { get; init; }

    /// <summary>How token requests are sent.</summary>
    public TokenBody Body { get; init; }

    /// <summary>Whether PKCE S256 is used; <see cref="Manifests.Pkce.Unavailable"/> only where the service rules it out for clients with a secret.</summary>
    public Pkce Pkce { get; init; }

    /// <summary>What becomes of a refresh token when it is used.</summary>
    public RefreshTokenUse RefreshToken { get; init; }

    /// <summary>Life of an access token in seconds where an answer tells none, 60 to 31,536,000.</summary>
    public int DefaultLifeSeconds { get; init => field = value == 0 ? 3600 : value; } = 3600;

    /// <summary>Age in seconds at which a credential is refreshed however long it would last, or null.</summary>
    public int? RefreshAgeSeconds { get; init; }

    /// <summary>Seconds within which a code must be redeemed, 30 to 600.</summary>
    public int CodeLifeSeconds { get; init => field = value == 0 ? 300 : value; } = 300;

    /// <summary>Requests a minute that the service's token endpoint takes from one client registration, 1 to 60,000. Refreshes are paced by it.</summary>
    public int TokenRequestsPerMinute { get; init => field = value == 0 ? 600 : value; } = 600;

    /// <summary>Logins that the service allows a client in an hour with <see cref="AuthorizationKind.ClientCredentials"/>, 1 to 3,600.</summary>
    public int LoginsPerHour { get; init => field = value == 0 ? 60 : value; } = 60;

    /// <summary>Header that carries the key with <see cref="AuthorizationKind.ApiKey"/>; null for a bearer token.</summary>
    public string? KeyHeader { get; init; }
}
