using System.Buffers;
using System.Text.Json;

namespace Sous.Plugins.Simulators.Toast.Api;

/// <summary>Writes answers.</summary>
internal static class ToastAnswer
{
    /// <summary>What a writer writes, as bytes: made while the book is locked, sent after.</summary>
    public static ReadOnlyMemory<byte> Render(Action<Utf8JsonWriter> write)
    {
        var body = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(body))
        {
            write(json);
        }

        return body.WrittenMemory;
    }

    public static ReadOnlyMemory<byte> RenderList<T>(IEnumerable<T> items, Action<Utf8JsonWriter, T> write) => Render(json =>
    {
        json.WriteStartArray();
        foreach (var item in items)
        {
            write(json, item);
        }

        json.WriteEndArray();
    });

    public static Task SendAsync(HttpContext context, ReadOnlyMemory<byte> body, string type = "application/json")
    {
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    public static Task ErrorAsync(HttpContext context, ToastFault fault)
    {
        context.Response.StatusCode = fault.Status;
        return SendAsync(context, Render(json =>
        {
            json.WriteStartObject();
            json.WriteString("status", ((System.Net.HttpStatusCode)fault.Status).ToString());
            json.WriteNumber("code", fault.Code);
            json.WriteString("message", fault.Message);
            json.WriteString("requestId", context.TraceIdentifier);
            json.WriteStartArray("errors");
            json.WriteEndArray();
            json.WriteString("canRetry", fault.Status is 429 or >= 500 ? "true" : "false");
            json.WriteEndObject();
        }));
    }
}
