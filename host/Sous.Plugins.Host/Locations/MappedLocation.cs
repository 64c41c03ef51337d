using System.Text.Json.Serialization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk.Locations;

namespace Sous.Plugins.Host.Locations;

/// <summary>A location that was discovered at a service, and the platform's own id that it is mapped to, if any.</summary>
internal sealed record MappedLocation
{
    public static readonly RegistryCollection<MappedLocation> Collection =
        new("locations", static location => KeyOf(location.Connection, location.Location.Ref.Id), LocationsJson.Default.MappedLocation);

    public required ConnectionId Connection { get; init; }

    public required TenantId Tenant { get; init; }

    /// <summary>As the service last told it; not active where it names it no more.</summary>
    public required Location Location { get; init; }

    /// <summary>The platform's own id, or null while nobody mapped it.</summary>
    public string? OwnId { get; init; }

    /// <summary>True from the moment a mapping changed until the change store has carried it out.</summary>
    public bool MappingPending { get; init; }

    /// <summary>Local time of day at which its business day starts, as the operator set it over what the service says, or null.</summary>
    public TimeSpan? BusinessDayStart { get; init; }

    public required DateTimeOffset DiscoveredAt { get; init; }

    /// <summary>When the service was first seen to say that it is closed, or no longer named it; null while it is open.</summary>
    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>When the service was first seen to name it no more; null while it does.</summary>
    public DateTimeOffset? VanishedAt { get; init; }

    /// <summary>What is otherwise than when somebody last looked at it; null or empty where nothing is.</summary>
    public IReadOnlyList<LocationFinding>? Findings { get; init; }

    /// <summary>The location with the operator's business day start where one was set.</summary>
    [JsonIgnore]
    public Location Effective => BusinessDayStart is { } start ? Location with { BusinessDayStart = start } : Location;

    /// <summary>Another one for each other mapping.</summary>
    [JsonIgnore]
    public string Version => VersionTag.Of($"{BusinessDayStart} {OwnId}");

    public bool IsSame(MappedLocation other) => Connection == other.Connection && Location.Ref.Id == other.Location.Ref.Id;

    public static string PrefixOf(ConnectionId connection) => $"{connection.Value}/";

    public static string KeyOf(ConnectionId connection, string externalId) => $"{connection.Value}/{externalId}";
}
