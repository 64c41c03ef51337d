using System.Text.Json.Serialization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Events;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(SnakeCaseEnum<Actor>), typeof(TenantIdJson), typeof(ConnectionIdJson), typeof(DriverIdJson), typeof(StreamNameJson)])]
[JsonSerializable(typeof(PlatformEvent))]
[JsonSerializable(typeof(EventHead))]
[JsonSerializable(typeof(ToldFailure))]
[JsonSerializable(typeof(ToldRecords))]
[JsonSerializable(typeof(RecordNews.OpenedOrder))]
[JsonSerializable(typeof(RecordNews.ModifiedFile))]
internal sealed partial class EventsJson : JsonSerializerContext;
