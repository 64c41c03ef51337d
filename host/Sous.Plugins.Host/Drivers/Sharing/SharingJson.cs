using System.Text.Json.Serialization;

namespace Sous.Plugins.Host.Drivers.Sharing;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SharedEntry))]
[JsonSerializable(typeof(Dictionary<string, string>), TypeInfoPropertyName = "Prints")]
internal sealed partial class SharingJson : JsonSerializerContext;
