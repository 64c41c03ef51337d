using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Credentials;

/// <summary>A connection's secret material as it is stored: encrypted fields, and beside them what may be known of them.</summary>
internal sealed record Credential
{
    public static readonly RegistryCollection<Credential> Collection =
        new("credentials", static c => c.Connection.Value, CredentialsJson.Default.Credential);

    public required ConnectionId Connection { get; init; }

    public required TenantId Tenant { get; init; }

    /// <summary>1 when first saved, one more with each save. It stands inside each encrypted field too.</summary>
    public required long Version { get; init; }

    /// <summary>When the access token ends by the service's word or the manifest's policy; null for what does not end.</summary>
    public DateTimeOffset? AccessTokenExpiresAt { get; init; }

    /// <summary>When the owner granted it.</summary>
    public required DateTimeOffset ObtainedAt { get; init; }

    /// <summary>The last successful refresh, or null.</summary>
    public DateTimeOffset? RefreshedAt { get; init; }

    public IReadOnlyList<string> Scopes { get; init; } = [];

    public string? TokenType { get; init; }

    /// <summary>By field name; base64url.</summary>
    public required IReadOnlyDictionary<string, string> Protected { get; init; }

    /// <summary>Whether all of its fields are encrypted under that data key.</summary>
    public bool IsUnder(DataKey? key) => Protected.Values.All(field => CredentialProtector.NumberOf(field) == key?.Number);

    /// <summary>A refresh that has not been settled, or null.</summary>
    public RefreshLease? Lease { get; init; }
}
