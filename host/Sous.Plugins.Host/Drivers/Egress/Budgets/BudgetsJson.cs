using System.Text.Json.Serialization;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Drivers.Egress.Budgets;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(DriverIdJson), typeof(ConnectionIdJson)])]
[JsonSerializable(typeof(BudgetClosing))]
internal sealed partial class BudgetsJson : JsonSerializerContext;
