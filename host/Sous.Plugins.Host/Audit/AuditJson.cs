using System.Text.Json.Serialization;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Audit;

/// <summary>An entry's text is what is hashed: the order of its members is fixed for ever.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(TenantIdJson)])]
[JsonSerializable(typeof(AuditEntry))]
[JsonSerializable(typeof(AuditHead))]
[JsonSerializable(typeof(AuditSeal))]
internal sealed partial class AuditJson : JsonSerializerContext;
