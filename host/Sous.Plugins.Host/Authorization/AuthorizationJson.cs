using System.Text.Json.Serialization;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Authorization.Revoking;
using Sous.Plugins.Host.Authorization.Tokens;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Authorization;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(SnakeCaseEnum<ConnectSessionStatus>), typeof(SnakeCaseEnum<CompletionMode>), typeof(TenantIdJson), typeof(ConnectionIdJson), typeof(DriverIdJson)])]
[JsonSerializable(typeof(ConnectSession))]
[JsonSerializable(typeof(AuthorizationRequest))]
[JsonSerializable(typeof(HostSecret))]
[JsonSerializable(typeof(Revocation))]
[JsonSerializable(typeof(ClientLogin))]
internal sealed partial class AuthorizationJson : JsonSerializerContext;
