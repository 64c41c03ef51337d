using System.Text.Json;
using Json.Schema;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Schemas;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Connections;

/// <summary>Judges a connection's settings by its driver's schema.</summary>
internal static class ConnectionSettings
{
    public static readonly JsonElement None = JsonElement.Parse("{}");

    public static IEnumerable<(string Field, string Message)> Judge(JsonElement? settings, DriverManifest manifest) => settings switch
    {
        null when manifest.Settings is not { } => [],
        not null and not { ValueKind: JsonValueKind.Object } => [("settings", "The settings are an object.")],
        var given when manifest.Settings is { } schema => JsonChecks.Validate(JsonSchema.FromText(schema.GetRawText()), given ?? None)
            .Select(static error => (error.Place.Length == 0 ? "settings" : $"settings.{error.Place}", $"{error}.")),
        { } given => given.EnumerateObject().Any() ? [("settings", $"The driver '{manifest.Id}' has no settings.")] : [],
        _ => [],
    };
}
