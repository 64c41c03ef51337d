using System.Text.Json.Serialization;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Webhooks.Channels;

namespace Sous.Plugins.Host.Webhooks;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(TenantIdJson), typeof(ConnectionIdJson), typeof(DriverIdJson)])]
[JsonSerializable(typeof(WatchedChannel))]
[JsonSerializable(typeof(WebhookTally))]
internal sealed partial class WebhooksJson : JsonSerializerContext;
