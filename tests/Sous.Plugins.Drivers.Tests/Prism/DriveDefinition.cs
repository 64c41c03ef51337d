using System.Text.Json.Nodes;

namespace Sous.Plugins.Drivers.Tests.Prism;

/// <summary>Drive's definition, sharpened where Prism would otherwise let things pass or refuse what Drive does.</summary>
internal static class DriveDefinition
{
    /// <summary>Writes a sharpened copy to a temporary file, which the caller deletes.</summary>
    public static async Task<string> WriteAsync(CancellationToken cancellationToken)
    {
        var text = await File.ReadAllTextAsync(ProviderSpecs.Path("drive-v3.prism.openapi3.json"), cancellationToken);
        var root = JsonNode.Parse(text)!;
        foreach (var operation in root["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()).Where(method => method.Key is "get" or "post").Select(method => method.Value).OfType<JsonObject>())
        {
            // Only 200 is defined, so Prism would check no error answer.
            operation["responses"]!["default"] = JsonNode.Parse(Error);
        }

        // The definition tells of metadata alone: contents come by media types of their own, in part with 206.
        var answers = root["paths"]!["/drive/v3/files/{fileId}"]!["get"]!["responses"]!;
        answers["200"]!["content"]!["*/*"] = new JsonObject();
        answers["206"] = JsonNode.Parse("""{"description":"A part.","content":{"*/*":{}}}""");

        // Where the text says "empty on success" Drive answers 204.
        root["paths"]!["/drive/v3/channels/stop"]!["post"]!["responses"]!["204"] = JsonNode.Parse("""{"description":"Closed."}""");
        var file = Path.Combine(Path.GetTempPath(), $"drive-{Guid.NewGuid():N}.json");
        await File.WriteAllTextAsync(file, root.ToJsonString(), cancellationToken);
        return file;
    }

    private const string Error = """
        {"description":"Google's error envelope.","content":{"application/json":{"schema":{"type":"object","required":["error"],"properties":{"error":{
          "type":"object","required":["code","message","errors"],"properties":{"code":{"type":"integer"},"message":{"type":"string"},"errors":{"type":"array","minItems":1,"items":{
            "type":"object","required":["domain","reason","message"],"properties":{"domain":{"type":"string"},"reason":{"type":"string"},"message":{"type":"string"}}}}}}}}}}}
        """;
}
