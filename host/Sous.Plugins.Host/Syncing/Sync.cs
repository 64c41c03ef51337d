using System.Text.Json;
using System.Text.Json.Serialization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing;

/// <summary>A standing task: this stream of this connection on this schedule. Kept only where somebody changed what the manifest says.</summary>
internal sealed record Sync
{
    public static readonly RegistryCollection<Sync> Collection =
        new("syncs", static sync => KeyOf(sync.Key), SyncsJson.Default.Sync);

    public required ConnectionId Connection { get; init; }

    public required StreamName Stream { get; init; }

    /// <summary>Cron expression of 5 or 6 fields.</summary>
    public required string Schedule { get; init; }

    /// <summary>IANA name of the zone that the schedule is read in, or null for that of each location.</summary>
    public string? TimeZone { get; init; }

    public required bool Enabled { get; init; }

    public QuietHours? QuietHours { get; init; }

    /// <summary>How old the newest whole fetch of a scope may be; null for what the schedule comes to.</summary>
    public TimeSpan? FreshWithin { get; init; }

    /// <summary>Another one for each other state of it.</summary>
    [JsonIgnore]
    public string Version => VersionTag.Of(JsonSerializer.Serialize(this, SyncsJson.Default.Sync));

    public SyncKey Key => new(Connection, Stream);

    public static string KeyOf(SyncKey key) => $"{key.Connection.Value}/{key.Stream.Value}";
}
