using System.Text.Json.Serialization;
using Sous.Plugins.Host.Deliveries.Subscriptions;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Deliveries;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(SnakeCaseEnum<SubscriptionState>), typeof(TenantIdJson)])]
[JsonSerializable(typeof(Subscription))]
internal sealed partial class DeliveriesJson : JsonSerializerContext;
