using System.Text.Json.Serialization;
using Sous.Plugins.Host.Changes;

namespace Sous.Plugins.Host.Backup;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(UtcInstant)])]
[JsonSerializable(typeof(BackupManifest))]
[JsonSerializable(typeof(Restoration))]
internal sealed partial class BackupJson : JsonSerializerContext;
