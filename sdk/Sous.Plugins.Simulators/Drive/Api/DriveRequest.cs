using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Simulators.Drive.Api;

/// <summary>Reads a request's parameters with Drive's complaints about what is wrong.</summary>
internal static class DriveRequest
{
    public static string? Text(this HttpContext context, string name) => context.Request.Query[name].ToString() is { Length: > 0 } text ? text : null;

    public static bool Flag(this HttpContext context, string name, bool otherwise = false) => context.Text(name) switch
    {
        null => otherwise,
        "true" => true,
        "false" => false,
        _ => throw DriveFault.Invalid(name),
    };

    /// <summary>The page size, larger ones cut to 1,000.</summary>
    public static int PageSize(this HttpContext context, int otherwise) => context.Text("pageSize") switch
    {
        null => otherwise,
        { } text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size > 0 => Math.Min(size, 1000),
        _ => throw DriveFault.Invalid("pageSize"),
    };

    public static FieldMask Fields(this HttpContext context, string usual) => FieldMask.Parse(context.Text("fields") ?? usual);

    public static string RouteText(this HttpContext context, string name) => (string)(context.Request.RouteValues[name] ?? "");

    public static JsonObject Body(HttpContext context)
    {
        try
        {
            return JsonNode.Parse(RequestBody.Of(context)) as JsonObject ?? throw new DriveFault(400, "parseError", "Parse Error");
        }
        catch (JsonException)
        {
            throw new DriveFault(400, "parseError", "Parse Error");
        }
    }
}
