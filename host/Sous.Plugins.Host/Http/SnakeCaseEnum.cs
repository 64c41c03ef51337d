using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sous.Plugins.Host.Http;

/// <summary>Enum values as they stand in the API, the tables and the logs: snake_case text, never a number.</summary>
internal sealed class SnakeCaseEnum<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
