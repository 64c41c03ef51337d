using System.Text.Json.Nodes;

namespace Sous.Plugins.Drivers.Tests.Prism;

/// <summary>Square's definition, sharpened where Prism would otherwise let things pass or refuse what Square asks for.</summary>
internal static class SquareDefinition
{
    /// <summary>Writes a sharpened copy to a temporary file, which the caller deletes.</summary>
    public static async Task<string> WriteAsync(CancellationToken cancellationToken)
    {
        var text = await File.ReadAllTextAsync(ProviderSpecs.Path("square-core.prism.openapi3.json"), cancellationToken);
        var root = JsonNode.Parse(text)!;
        foreach (var operation in root["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()).Select(method => method.Value).OfType<JsonObject>())
        {
            // Only 200 is defined, so Prism would check no error answer; Square puts "errors" in the same schema.
            if (operation["responses"] is JsonObject responses && responses["200"] is { } ok)
            {
                responses["default"] = ok.DeepClone();
            }
        }

        // The definition demands a Bearer token for revoke; its own text, and Square, demand "Client SECRET".
        root["paths"]!["/oauth2/revoke"]!["post"]!["security"] = new JsonArray();
        var file = Path.Combine(Path.GetTempPath(), $"square-{Guid.NewGuid():N}.json");
        await File.WriteAllTextAsync(file, root.ToJsonString(), cancellationToken);
        return file;
    }
}
