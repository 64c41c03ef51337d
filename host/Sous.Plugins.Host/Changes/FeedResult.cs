using System.Text.Encodings.Web;
using System.Text.Json;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Changes;

/// <summary>A part of the feed as the API answers it. Bodies go out as the bytes that were stored.</summary>
internal sealed class FeedResult(FeedPage page) : IResult
{
    private const int FlushAt = 64 * 1024;

    private static readonly JsonWriterOptions Written = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = "application/json; charset=utf-8";
        httpContext.Response.Headers.CacheControl = "no-store";
        await using var writer = new Utf8JsonWriter(httpContext.Response.BodyWriter, Written);
        writer.WriteStartObject();
        writer.WriteString("feed"u8, page.Feed);
        writer.WriteStartArray("changes"u8);
        foreach (var entry in page.Changes)
        {
            Write(writer, entry);
            if (writer.BytesPending > FlushAt)
            {
                await writer.FlushAsync(httpContext.RequestAborted);
                await httpContext.Response.BodyWriter.FlushAsync(httpContext.RequestAborted);
            }
        }

        writer.WriteEndArray();
        writer.WriteNumber("next"u8, page.Next);
        writer.WriteBoolean("more"u8, page.More);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, FeedEntry entry)
    {
        writer.WriteStartObject();
        writer.WriteNumber("sequence"u8, entry.Sequence);
        writer.WriteString("stream"u8, entry.Stream.Value);
        writer.WriteString("type"u8, entry.Type);
        writer.WriteString("kind"u8, entry.Kind == ChangeKind.Upsert ? "upsert"u8 : "delete"u8);
        writer.WriteString("connection"u8, entry.Connection.Value);
        if (entry.Location is { } location)
        {
            writer.WriteString("location"u8, location);
        }

        writer.WriteString("id"u8, entry.Id);
        writer.WriteNumber("version"u8, entry.Version);
        writer.WriteString("changedAt"u8, entry.ChangedAt.UtcDateTime);
        if (!entry.Body.IsEmpty)
        {
            writer.WritePropertyName("record"u8);
            writer.WriteRawValue(entry.Body.Span, skipInputValidation: true);
        }

        writer.WriteEndObject();
    }
}
