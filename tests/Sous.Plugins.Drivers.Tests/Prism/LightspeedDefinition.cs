using System.Text.Json.Nodes;

namespace Sous.Plugins.Drivers.Tests.Prism;

/// <summary>K-Series' definition, with the errors that it leaves out.</summary>
internal static class LightspeedDefinition
{
    /// <summary>Writes a sharpened copy to a temporary file, which the caller deletes.</summary>
    public static async Task<string> WriteAsync(CancellationToken cancellationToken)
    {
        var root = JsonNode.Parse(await File.ReadAllTextAsync(ProviderSpecs.Path("kseries-subset.transcribed.openapi3.json"), cancellationToken))!;
        foreach (var responses in root["paths"]!.AsObject().Select(path => path.Value!["get"]!["responses"]!.AsObject()))
        {
            // 401, 403 and 429 are defined nowhere; the envelope of 500 is the fullest.
            responses["default"] = responses["500"]!.DeepClone();
        }

        // Without these Prism would let an answer pass that lacks its list.
        var schemas = root["components"]!["schemas"]!;
        schemas["SalesExport"]!["required"] = new JsonArray("sales");
        schemas["SalesDailyExport"]!["required"] = new JsonArray("sales", "nextStartOfDayAsIso8601", "dataComplete");
        schemas["Sale"]!["required"] = new JsonArray("accountFiscId", "type", "salesLines", "timeClosed");
        schemas["Businesses"]!["required"] = new JsonArray("_embedded");

        // An array is no object to Prism, but an item without a required member is anything.
        schemas["Item"]!["required"] = new JsonArray("id", "name");
        var file = Path.Combine(Path.GetTempPath(), $"lightspeed-{Guid.NewGuid():N}.json");
        await File.WriteAllTextAsync(file, root.ToJsonString(), cancellationToken);
        return file;
    }
}
