using System.Text.Json.Serialization;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Syncing.Helping;

/// <summary>What hosts of one version say to each other.</summary>
[JsonSourceGenerationOptions(
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    Converters = [typeof(TenantIdJson), typeof(ConnectionIdJson), typeof(DriverIdJson), typeof(StreamNameJson)])]
[JsonSerializable(typeof(RunOrder))]
[JsonSerializable(typeof(RunReport))]
[JsonSerializable(typeof(RunProgressState))]
[JsonSerializable(typeof(RelayedCall))]
[JsonSerializable(typeof(RelayedAnswer))]
[JsonSerializable(typeof(RelayedFailure))]
internal sealed partial class HelpingJson : JsonSerializerContext;
