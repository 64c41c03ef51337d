using System.Text.Json.Serialization;

namespace Sous.Plugins.Host.Drivers.Sharing;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SealedEntry))]
[JsonSerializable(typeof(SharedEntry))]
[JsonSerializable(typeof(TakenFile))]
internal sealed partial class SharingJson : JsonSerializerContext;
