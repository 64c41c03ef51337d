using System.Text.Json.Serialization;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Locations.Suggestions;

namespace Sous.Plugins.Host.Locations;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(TenantIdJson), typeof(ConnectionIdJson), typeof(SnakeCaseEnum<LocationFindingKind>)])]
[JsonSerializable(typeof(MappedLocation))]
[JsonSerializable(typeof(OwnLocations))]
internal sealed partial class LocationsJson : JsonSerializerContext;
