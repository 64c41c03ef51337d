using System.Globalization;
using System.Text.Json;

namespace Sous.Plugins.Sdk.Testing.Wire;

/// <summary>A JSON answer and what it answered.</summary>
/// <param name="Request">The request.</param>
/// <param name="Body">The answer's body.</param>
/// <param name="Headers">The values of its headers.</param>
internal sealed record RecordedAnswer(SeenRequest Request, string Body, string Headers)
{
    /// <summary>
    /// Whether a request asks for the page after this one: the same but for one value, which this answer gave as its cursor or
    /// which counts up.
    /// </summary>
    public bool IsContinuedBy(SeenRequest next)
    {
        if (next.Method != Request.Method || next.Uri.AbsolutePath != Request.Uri.AbsolutePath)
        {
            return false;
        }

        var (before, after) = (ValuesOf(Request), ValuesOf(next));
        var changed = after.Where(value => before.GetValueOrDefault(value.Key) != value.Value).ToList();
        if (changed.Count != 1 || before.Keys.Except(after.Keys).Any())
        {
            return false;
        }

        var (name, value) = changed[0];
        return (value.Length > 3 && (Body.Contains(value, StringComparison.Ordinal) || Headers.Contains(Uri.EscapeDataString(value), StringComparison.Ordinal)))
            || (long.TryParse(value, CultureInfo.InvariantCulture, out var number) && number < 1_000_000 && number > (long.TryParse(before.GetValueOrDefault(name), CultureInfo.InvariantCulture, out var last) ? last : 0));
    }

    private static Dictionary<string, string> ValuesOf(SeenRequest request)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in request.Uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            values[at < 0 ? pair : pair[..at]] = at < 0 ? "" : Uri.UnescapeDataString(pair[(at + 1)..].Replace('+', ' '));
        }

        try
        {
            using var body = JsonDocument.Parse(request.Body.Length > 0 ? request.Body : "null");
            Flatten(body.RootElement, "body", values);
        }
        catch (JsonException)
        {
            values["body"] = request.Body;
        }

        return values;
    }

    private static void Flatten(JsonElement element, string place, Dictionary<string, string> values)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in element.EnumerateObject())
                {
                    Flatten(member.Value, $"{place}.{member.Name}", values);
                }

                break;
            case JsonValueKind.Array:
                foreach (var (index, item) in element.EnumerateArray().Index())
                {
                    Flatten(item, $"{place}[{index}]", values);
                }

                break;
            case JsonValueKind.Null or JsonValueKind.Undefined:
                break;
            default:
                values[place] = element.ToString();
                break;
        }
    }
}
