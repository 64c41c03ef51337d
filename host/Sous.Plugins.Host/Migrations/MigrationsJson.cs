using System.Text.Json.Serialization;
using Sous.Plugins.Host.Changes;

namespace Sous.Plugins.Host.Migrations;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = [typeof(UtcInstant)])]
[JsonSerializable(typeof(MigrationMark))]
[JsonSerializable(typeof(MovedMark))]
[JsonSerializable(typeof(MigrationReport))]
internal sealed partial class MigrationsJson : JsonSerializerContext;
