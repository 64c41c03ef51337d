using System.Text.Json.Serialization;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Credentials;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(TenantIdJson), typeof(ConnectionIdJson)])]
[JsonSerializable(typeof(RingEntry))]
[JsonSerializable(typeof(Canary))]
[JsonSerializable(typeof(TenantKey))]
[JsonSerializable(typeof(Credential))]
[JsonSerializable(typeof(CredentialVersion))]
[JsonSerializable(typeof(CredentialTally))]
internal sealed partial class CredentialsJson : JsonSerializerContext;
