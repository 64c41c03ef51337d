using System.Text.Json.Serialization;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Credentials.Rotation;

/// <summary>A rotation of the ring key and all data keys: an intent that outlives restarts until it is done; afterwards how it ended.</summary>
internal sealed record DataRotation
{
    public static readonly RegistryCollection<DataRotation> Collection = new("data_rotation", static _ => Key, DataRotationJson.Default.DataRotation);

    /// <summary>There is one at a time, and the last one is kept.</summary>
    public const string Key = "last";

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The ring key that was made for it, once it was.</summary>
    public Guid? RingKey { get; init; }

    /// <summary>Secrets to be encrypted anew: credentials and Raws, as counted at the start.</summary>
    public long Total { get; init; }

    /// <summary>Looked at so far, since the host started.</summary>
    public long Done { get; init; }

    /// <summary>Those that do not decrypt: altered before, or their tenant was removed meanwhile. They stay as they are, and so does the key they name.</summary>
    public long Unreadable { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DataRotation))]
internal sealed partial class DataRotationJson : JsonSerializerContext;
