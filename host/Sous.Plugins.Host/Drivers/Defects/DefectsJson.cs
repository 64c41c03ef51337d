using System.Text.Json.Serialization;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Drivers.Defects;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(DriverIdJson), typeof(ConnectionIdJson)])]
[JsonSerializable(typeof(Quarantine))]
internal sealed partial class DefectsJson : JsonSerializerContext;
