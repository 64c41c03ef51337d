using System.Text.Json.Serialization;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Emergency;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(TenantIdJson), typeof(DriverIdJson)])]
[JsonSerializable(typeof(EmergencyRevocation))]
internal sealed partial class EmergencyJson : JsonSerializerContext;
