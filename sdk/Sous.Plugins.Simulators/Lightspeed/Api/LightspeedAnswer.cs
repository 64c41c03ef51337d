using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Sous.Plugins.Simulators.Lightspeed.Api;

/// <summary>Writes answers.</summary>
internal static class LightspeedAnswer
{
    /// <summary>An object with what a writer writes into it.</summary>
    public static Task ObjectAsync(HttpContext context, Action<Utf8JsonWriter> write) => WriteAsync(context, json =>
    {
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
    });

    public static Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        var body = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(body))
        {
            write(json);
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.WrittenCount;
        return context.Response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted).AsTask();
    }

    public static Task ErrorAsync(HttpContext context, LightspeedFault fault, DateTimeOffset now)
    {
        context.Response.StatusCode = fault.Status;
        var path = context.Request.Path.Value ?? "";
        return ObjectAsync(context, json =>
        {
            json.WriteString("error", fault.Message);
            if (path.StartsWith("/items/", StringComparison.Ordinal))
            {
                json.WriteString("status", ((System.Net.HttpStatusCode)fault.Status).ToString());
                json.WriteString("timestamp", Second(now));
                json.WriteString("message", fault.Message);
                json.WriteStartArray("apiSubExceptions");
                json.WriteEndArray();
            }
            else if (fault.Status != StatusCodes.Status400BadRequest)
            {
                json.WriteString("timestamp", Second(now));
                json.WriteString("path", path);
                json.WriteNumber("status", fault.Status);
                json.WriteString("requestId", context.TraceIdentifier);
            }
        });
    }

    public static Task TokenErrorAsync(HttpContext context, LightspeedTokenFault fault)
    {
        context.Response.StatusCode = fault.Status;
        return ObjectAsync(context, json =>
        {
            json.WriteString("error", fault.Error);
            json.WriteString("error_description", fault.Message);
        });
    }

    private static string Second(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
