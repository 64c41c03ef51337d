using System.Globalization;
using System.Text.Json;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Square.Api;

/// <summary>Reads JSON request bodies and times, with Square's complaints about what is wrong.</summary>
internal static class RequestJson
{
    public static JsonElement Read(HttpContext context)
    {
        if (context.Request.ContentType?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) != true)
        {
            throw new SquareFault(415, "INVALID_REQUEST_ERROR", "UNSUPPORTED_MEDIA_TYPE", "The content type must be application/json.");
        }

        try
        {
            using var document = JsonDocument.Parse(RequestBody.Of(context));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw SquareFault.Invalid("EXPECTED_OBJECT", "The body must be a JSON object.");
        }
        catch (JsonException)
        {
            throw SquareFault.Invalid("EXPECTED_JSON_BODY", "The body is not valid JSON.");
        }
    }

    public static JsonElement? Member(this JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } parent && parent.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null ? member : null;

    public static string? Text(this JsonElement? element, string name) => element.Member(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } member => member.GetString(),
        _ => throw SquareFault.Invalid("EXPECTED_STRING", "A string was expected.", name),
    };

    public static int? Integer(this JsonElement? element, string name) => element.Member(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } member when member.TryGetInt32(out var value) => value,
        _ => throw SquareFault.Invalid("EXPECTED_INTEGER", "An integer was expected.", name),
    };

    public static bool Flag(this JsonElement? element, string name) => element.Member(name) switch
    {
        null => false,
        { ValueKind: JsonValueKind.True or JsonValueKind.False } member => member.GetBoolean(),
        _ => throw SquareFault.Invalid("EXPECTED_BOOLEAN", "A boolean was expected.", name),
    };

    public static IReadOnlyList<string>? Texts(this JsonElement? element, string name) => element.Member(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } member when member.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String) =>
            [.. member.EnumerateArray().Select(e => e.GetString() ?? "")],
        _ => throw SquareFault.Invalid("EXPECTED_ARRAY", "An array of strings was expected.", name),
    };

    /// <summary>An RFC 3339 time as Unix milliseconds; a start is rounded up and an end down, so that the range never widens.</summary>
    public static long? Time(string? text, string field, bool roundUp)
    {
        if (text is null)
        {
            return null;
        }

        if (text.Length < 20 || text[10] != 'T' || !DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            throw SquareFault.Invalid("INVALID_TIME", $"'{text}' is not an RFC 3339 time.", field);
        }

        var milliseconds = time.ToUnixTimeMilliseconds();
        return roundUp && time.Ticks % TimeSpan.TicksPerMillisecond != 0 ? milliseconds + 1 : milliseconds;
    }
}
