using System.Text.Json.Serialization;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Connections;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(SnakeCaseEnum<ConnectionStatus>), typeof(SnakeCaseEnum<Actor>), typeof(SnakeCaseEnum<AuthorizationKind>), typeof(TenantIdJson), typeof(ConnectionIdJson), typeof(DriverIdJson)])]
[JsonSerializable(typeof(Tenant))]
[JsonSerializable(typeof(Connection))]
[JsonSerializable(typeof(TenantRemoval))]
internal sealed partial class ConnectionsJson : JsonSerializerContext;
