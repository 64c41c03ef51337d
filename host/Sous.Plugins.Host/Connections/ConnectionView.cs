using System.Text.Json;
using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Connections;

/// <summary>A connection as the API shows it: its condition, why, who must act, and what happens next without anybody.</summary>
internal sealed record ConnectionView : IVersioned
{
    public required ConnectionId Id { get; init; }

    public required TenantId Tenant { get; init; }

    public required DriverId Driver { get; init; }

    public required AuthorizationKind Authorization { get; init; }

    public string? AccountId { get; init; }

    public string? AccountName { get; init; }

    public required ConnectionStatus Status { get; init; }

    public string? Cause { get; init; }

    public required Actor Actor { get; init; }

    /// <summary>Until when the service asked for no call; null where it did not.</summary>
    public DateTimeOffset? WaitingUntil { get; init; }

    public NextStep? Next { get; init; }

    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>Scopes that were asked for and are not granted.</summary>
    public required IReadOnlyList<string> MissingScopes { get; init; }

    public required JsonElement Settings { get; init; }

    public DateTimeOffset? AccessTokenExpiresAt { get; init; }

    public DateTimeOffset? RefreshedAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>Of its settings, for <c>If-Match</c>.</summary>
    public required string Version { get; init; }
}
