using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace Sous.Plugins.Host.Tests.Http.OpenApi;

/// <summary>The API as its document describes it.</summary>
internal sealed class DescribedApi
{
    private static readonly SemaphoreSlim s_gate = new(1);

    private static DescribedApi? s_read;

    private readonly JsonNode _document;
    private readonly Dictionary<string, JsonSchema> _schemas = [];

    private DescribedApi(string json)
    {
        _document = JsonNode.Parse(json)!;
        foreach (var (_, schema) in _document["components"]!["schemas"]!.AsObject())
        {
            // OpenAPI's own word, for generators: it constrains nothing, and JSON Schema does not know it.
            schema!.AsObject().Remove("discriminator");
        }
    }

    public JsonObject Paths => _document["paths"]!.AsObject();

    /// <summary>Read once: every host of this build has the same.</summary>
    public static async Task<DescribedApi> ReadAsync(Uri address, CancellationToken cancellationToken)
    {
        await s_gate.WaitAsync(cancellationToken);
        try
        {
            using var client = new HttpClient();
            return s_read ??= new DescribedApi(await client.GetStringAsync(address, cancellationToken));
        }
        finally
        {
            s_gate.Release();
        }
    }

    /// <summary>What an answer looks like, where it has a body; and whether it is described at all.</summary>
    public (JsonNode? Schema, bool IsDescribed) SchemaOf(string method, string path, int status, string? type)
    {
        // What the document calls by its name goes before what it has a parameter for.
        var route = Paths.Where(described => Fits(described.Key, path)).MinBy(static described => described.Key.Count(static c => c == '{'));
        var response = route.Value?[method.ToLowerInvariant()]?["responses"]?[status.ToString(CultureInfo.InvariantCulture)];
        if (type != "application/problem+json" && response?["content"]?[type ?? ""] is null && route.Value?[method.ToLowerInvariant()]?["responses"]?["default"] is not null)
        {
            // Whatever somebody else says; the host's own refusals are described.
            return (null, true);
        }

        return response?["content"] is not JsonObject content ? (null, response is not null && type is null)
            : type is not null && content[type] is { } body ? (body["schema"], true)
            : content.ContainsKey("application/octet-stream") ? (null, true)
            : (null, false);
    }

    /// <summary>What a value breaks of a schema of the document.</summary>
    public IReadOnlyList<string> Judge(JsonNode schema, JsonElement value)
    {
        var text = schema.ToJsonString();
        lock (_schemas)
        {
            if (!_schemas.TryGetValue(text, out var judge))
            {
                var whole = schema.DeepClone().AsObject();
                whole["$defs"] = _document["components"]!["schemas"]!.DeepClone();
                judge = _schemas[text] = JsonSchema.FromText(whole.ToJsonString().Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal));
            }

            // Only the yes or no first: to list what held takes several times as long, of a page of 500 changes seconds.
            if (judge.Evaluate(value, new EvaluationOptions { OutputFormat = OutputFormat.Flag }).IsValid)
            {
                return [];
            }

            var result = judge.Evaluate(value, new EvaluationOptions { OutputFormat = OutputFormat.List });
            return result.IsValid ? [] : [.. (result.Details ?? []).SelectMany(static part => (part.Errors ?? new Dictionary<string, string>()).Select(error => $"{part.InstanceLocation} {error.Key}: {error.Value}")).Distinct()];
        }
    }

    private static bool Fits(string route, string path)
    {
        var (described, asked) = (route.Split('/'), path.Split('/'));
        asked = described[^1] == "{path}" && asked.Length >= described.Length ? asked[..described.Length] : asked;
        return described.Length == asked.Length && described.Zip(asked).All(static pair => pair.First.StartsWith('{') || pair.First == pair.Second);
    }
}
