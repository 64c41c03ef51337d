using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>A redirect to a service that waits for its callback, with everything as it was when it left: a manifest that changes meanwhile changes nothing here.</summary>
internal sealed record AuthorizationRequest
{
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    public static readonly RegistryCollection<AuthorizationRequest> Collection =
        new("authorization_requests", static request => request.StateHash, AuthorizationJson.Default.AuthorizationRequest);

    public required string StateHash { get; init; }

    public required string Session { get; init; }

    public required TenantId Tenant { get; init; }

    public required DriverId Driver { get; init; }

    public required ServiceAddresses Addresses { get; init; }

    /// <summary>Sent again with the code, to the letter.</summary>
    public required string RedirectAddress { get; init; }

    /// <summary>Whom the callback must name, where the service names itself.</summary>
    public string? Issuer { get; init; }

    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>PKCE's verifier, encrypted.</summary>
    public string? Verifier { get; init; }

    /// <summary>How long a code of this service lives.</summary>
    public required int CodeLifeSeconds { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}
