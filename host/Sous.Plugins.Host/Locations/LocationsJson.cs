using System.Text.Json.Serialization;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Locations;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(TenantIdJson), typeof(ConnectionIdJson)])]
[JsonSerializable(typeof(MappedLocation))]
internal sealed partial class LocationsJson : JsonSerializerContext;
