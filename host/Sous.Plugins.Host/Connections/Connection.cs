using System.Text.Json;
using System.Text.Json.Serialization;
using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Connections;

/// <summary>One tenant's authorised link to one service account. Holds no secret.</summary>
internal sealed record Connection
{
    public static readonly RegistryCollection<Connection> Collection =
        new("connections", static connection => connection.Id.Value, ConnectionsJson.Default.Connection);

    public required ConnectionId Id { get; init; }

    public required TenantId Tenant { get; init; }

    public required DriverId Driver { get; init; }

    /// <summary>The service's own id of the account, once known.</summary>
    public string? AccountId { get; init; }

    /// <summary>The account's name as its owner knows it, once known.</summary>
    public string? AccountName { get; init; }

    public AuthorizationKind Authorization { get; init; }

    public required ConnectionStatus Status { get; init; }

    /// <summary>Why it is not well, one plain sentence, or null.</summary>
    public string? Cause { get; init; }

    public Actor Actor { get; init; }

    /// <summary>Scopes granted, which may be fewer than were asked for.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>Scopes that were asked for and are not granted.</summary>
    public IReadOnlyList<string> MissingScopes { get; init; } = [];

    /// <summary>Valid by the driver's schema; an object.</summary>
    public JsonElement Settings { get; init; } = JsonElement.Parse("{}");

    /// <summary>When other settings were last given, or null: they are those that it was made with.</summary>
    public DateTimeOffset? SettingsChangedAt { get; init; }

    /// <summary>When another key was last entered, or null: it has the one that it was made with, or none.</summary>
    public DateTimeOffset? KeyReplacedAt { get; init; }

    /// <summary>Another one whenever somebody edited it.</summary>
    [JsonIgnore]
    public string Version => VersionTag.Of(new[] { CreatedAt, SettingsChangedAt ?? CreatedAt, KeyReplacedAt ?? CreatedAt }.Max());

    /// <summary>Its grant alone is withdrawn: records, mappings and checkpoints wait for its owner to reconnect.</summary>
    public bool KeepsRecords { get; init; }

    /// <summary>Its tenant is frozen: whatever its condition, nothing is done for it but to keep its grant.</summary>
    public bool IsFrozen { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>Without a grant, or about to be.</summary>
    [JsonIgnore]
    public bool IsOver => Status is ConnectionStatus.Revoking or ConnectionStatus.Revoked or ConnectionStatus.CannotRevoke;

    /// <summary>Disconnected for good.</summary>
    [JsonIgnore]
    public bool IsGone => IsOver && !KeepsRecords;

    public Connection Well() => this with { Status = ConnectionStatus.Ok, Cause = null, Actor = Actor.Nobody, KeepsRecords = false };
}
