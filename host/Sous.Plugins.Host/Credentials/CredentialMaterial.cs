using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Credentials;

/// <summary>What a grant, a refresh or a login gave, to be saved.</summary>
internal sealed record CredentialMaterial
{
    public required ConnectionId Connection { get; init; }

    public required TenantId Tenant { get; init; }

    public required CredentialSecrets Secrets { get; init; }

    public DateTimeOffset? AccessTokenExpiresAt { get; init; }

    public required DateTimeOffset ObtainedAt { get; init; }

    public DateTimeOffset? RefreshedAt { get; init; }

    public IReadOnlyList<string> Scopes { get; init; } = [];

    public string? TokenType { get; init; }
}
