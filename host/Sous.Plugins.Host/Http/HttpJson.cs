using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.Json;
using Sous.Plugins.Host.Changes;

namespace Sous.Plugins.Host.Http;

/// <summary>How the API writes and reads JSON: camelCase names, snake_case enum values, ids as text, null members left out.</summary>
internal static class HttpJson
{
    public static void Configure(JsonOptions options)
    {
        var json = options.SerializerOptions;
        json.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        json.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        json.AllowDuplicateProperties = false;
        json.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
        json.Converters.Add(new UtcInstant());
        json.Converters.Add(new TenantIdJson());
        json.Converters.Add(new ConnectionIdJson());
        json.Converters.Add(new DriverIdJson());
        json.Converters.Add(new StreamNameJson());
    }
}
