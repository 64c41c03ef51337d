using System.Text.Json.Nodes;

namespace Sous.Plugins.Drivers.Tests.Prism;

/// <summary>Toast's definition, sharpened where Prism would otherwise let things pass.</summary>
internal static class ToastDefinition
{
    /// <summary>Writes a sharpened copy to a temporary file, which the caller deletes.</summary>
    public static async Task<string> WriteAsync(CancellationToken cancellationToken)
    {
        var root = JsonNode.Parse(await File.ReadAllTextAsync(ProviderSpecs.Path("toast-all.prism.openapi3.json"), cancellationToken))!;
        foreach (var operation in root["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject()).Select(method => method.Value).OfType<JsonObject>())
        {
            if (operation["responses"] is not JsonObject responses)
            {
                continue;
            }

            // Most errors are defined without their body; the login defines Toast's envelope.
            var error = new JsonObject
            {
                ["description"] = "Toast's error envelope.",
                ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = "#/components/schemas/authentication_ErrorMessage" } } },
            };
            foreach (var status in responses.Select(response => response.Key).Where(status => status[0] is '4' or '5').ToList())
            {
                responses[status] = error.DeepClone();
            }

            responses["default"] = error;
        }

        // The definition is recursive; as merged for Prism it is cut below the first level of modifiers and of menu groups.
        Deepen(root["components"]!["schemas"]!.AsObject(), "orders_Selection_Leaf", "modifiers");
        Deepen(root["components"]!["schemas"]!.AsObject(), "menus_MenuGroup_Leaf", "menuGroups");
        var file = Path.Combine(Path.GetTempPath(), $"toast-{Guid.NewGuid():N}.json");
        await File.WriteAllTextAsync(file, root.ToJsonString(), cancellationToken);
        return file;
    }

    private static void Deepen(JsonObject schemas, string leaf, string children)
    {
        schemas[$"{leaf}_Deeper"] = schemas[leaf]!.DeepClone();
        var properties = schemas[leaf]!["properties"] ?? schemas[leaf]!["allOf"]!.AsArray().Select(part => part!["properties"]).First(part => part is not null);
        properties![children] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["$ref"] = $"#/components/schemas/{leaf}_Deeper" } };
    }
}
