using System.Text.Json.Serialization;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Backup;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(UtcInstant), typeof(ConnectionIdJson), typeof(SnakeCaseEnum<ConnectionStatus>), typeof(SnakeCaseEnum<Actor>)])]
[JsonSerializable(typeof(BackupManifest))]
[JsonSerializable(typeof(Restoration))]
[JsonSerializable(typeof(Verification))]
internal sealed partial class BackupJson : JsonSerializerContext;
