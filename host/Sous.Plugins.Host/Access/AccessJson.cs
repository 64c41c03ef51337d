using System.Text.Json;
using System.Text.Json.Serialization;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Access;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(KeyScopeJson)])]
[JsonSerializable(typeof(ApiKey))]
internal sealed partial class AccessJson : JsonSerializerContext;

internal sealed class KeyScopeJson() : TextIdJson<KeyScope>(
    static text => KeyScope.TryParse(text, out var scope) ? scope : throw new JsonException("A scope is 'admin' or 'tenant:T'."),
    static scope => scope.ToString());
