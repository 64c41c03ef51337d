using System.Globalization;
using System.Text.Json;
using Json.Schema;

namespace Sous.Plugins.Host.Drivers.Schemas;

/// <summary>Judges JSON by its schema, in sentences that name the place.</summary>
internal static class JsonChecks
{
    /// <summary>Every member that stands twice in its object: a reader would take one of them and ignore the other.</summary>
    public static IReadOnlyList<SchemaError> FindDuplicates(JsonElement element)
    {
        var errors = new List<SchemaError>();
        FindDuplicates(element, "", errors);
        return errors;
    }

    private static void FindDuplicates(JsonElement element, string place, List<SchemaError> errors)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            var index = 0;
            foreach (var item in element.EnumerateArray())
            {
                FindDuplicates(item, string.Create(CultureInfo.InvariantCulture, $"{place}[{index++}]"), errors);
            }
        }
        else if (element.ValueKind == JsonValueKind.Object)
        {
            var (seen, told) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
            foreach (var member in element.EnumerateObject())
            {
                if (!seen.Add(member.Name) && told.Add(member.Name))
                {
                    errors.Add(new SchemaError(Join(place, member.Name), "stands twice"));
                }

                FindDuplicates(member.Value, Join(place, member.Name), errors);
            }
        }
    }

    /// <summary>Every objection of a schema to an instance, once per place.</summary>
    public static IReadOnlyList<SchemaError> Validate(JsonSchema schema, JsonElement instance)
    {
        var results = schema.Evaluate(instance, new EvaluationOptions { OutputFormat = OutputFormat.List });
        if (results.IsValid)
        {
            return [];
        }

        var errors = (results.Details ?? [])
            .Prepend(results)
            .Where(d => !d.IsValid && d.Errors is { Count: > 0 } && !IsCondition(d.EvaluationPath.ToString()))
            .SelectMany(d => d.Errors ?? [], (d, error) => Describe(instance, d, error.Key, error.Value))
            .Distinct()
            .ToList();
        return errors.Count > 0 ? errors : [new SchemaError("", "does not match its schema")];
    }

    /// <summary>An <c>if</c> that does not hold is a branch not taken, not an error.</summary>
    private static bool IsCondition(string evaluationPath)
        => evaluationPath.EndsWith("/if", StringComparison.Ordinal) || evaluationPath.Contains("/if/", StringComparison.Ordinal);

    private static SchemaError Describe(JsonElement instance, EvaluationResults detail, string keyword, string message)
    {
        var place = "";
        var found = instance;
        for (var i = 0; i < detail.InstanceLocation.SegmentCount; i++)
        {
            var segment = detail.InstanceLocation.GetSegment(i).ToString();
            place = found.ValueKind == JsonValueKind.Array ? $"{place}[{segment}]" : Join(place, segment);
            found = found.ValueKind == JsonValueKind.Array ? found[int.Parse(segment, CultureInfo.InvariantCulture)] : found.GetProperty(segment);
        }

        var schemaPath = detail.EvaluationPath.ToString();
        return keyword.Length == 0 && schemaPath.EndsWith("/additionalProperties", StringComparison.Ordinal)
            ? new SchemaError(place, "is not a known property")
            : new SchemaError(place, $"{Shorten(found)} is wrong: {message.TrimEnd('.')}");
    }

    private static string Shorten(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "the object",
        JsonValueKind.Array => "the list",
        _ when value.GetRawText() is { Length: > 60 } text => text[..60] + "…",
        _ => value.GetRawText(),
    };

    private static string Join(string place, string name) => place.Length == 0 ? name : $"{place}.{name}";
}
