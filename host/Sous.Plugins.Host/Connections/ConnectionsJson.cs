using System.Text.Json.Serialization;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Connections;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(SnakeCaseEnum<ConnectionStatus>), typeof(SnakeCaseEnum<Actor>), typeof(TenantIdJson), typeof(ConnectionIdJson), typeof(DriverIdJson)])]
[JsonSerializable(typeof(Tenant))]
[JsonSerializable(typeof(Connection))]
[JsonSerializable(typeof(TenantRemoval))]
internal sealed partial class ConnectionsJson : JsonSerializerContext;
