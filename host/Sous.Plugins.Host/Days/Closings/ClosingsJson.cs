using System.Text.Json.Serialization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Days.Closings;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(SnakeCaseEnum<Actor>)])]
[JsonSerializable(typeof(ClosingState))]
[JsonSerializable(typeof(ToldClosings))]
internal sealed partial class ClosingsJson : JsonSerializerContext;
