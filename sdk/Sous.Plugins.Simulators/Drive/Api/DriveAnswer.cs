using System.Text.Json.Nodes;

namespace Sous.Plugins.Simulators.Drive.Api;

/// <summary>Writes JSON answers.</summary>
internal static class DriveAnswer
{
    public static Task ErrorAsync(HttpContext context, DriveFault fault)
    {
        var error = new JsonObject { ["domain"] = fault.Domain, ["reason"] = fault.Reason, ["message"] = fault.Message };
        if (fault.Location is { } location)
        {
            error["locationType"] = fault.LocationType;
            error["location"] = location;
        }

        context.Response.StatusCode = fault.Status;
        return JsonAsync(context, new JsonObject
        {
            ["error"] = new JsonObject { ["code"] = fault.Status, ["message"] = fault.Message, ["errors"] = new JsonArray(error) },
        });
    }

    public static async Task JsonAsync(HttpContext context, JsonObject answer)
    {
        var body = System.Text.Encoding.UTF8.GetBytes(answer.ToJsonString());
        context.Response.ContentType = "application/json; charset=UTF-8";
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }
}
