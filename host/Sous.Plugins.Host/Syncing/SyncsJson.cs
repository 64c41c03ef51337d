using System.Text.Json.Serialization;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Syncing;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    Converters = [typeof(ConnectionIdJson), typeof(StreamNameJson), typeof(LocalTimeJson)])]
[JsonSerializable(typeof(Sync))]
internal sealed partial class SyncsJson : JsonSerializerContext;
