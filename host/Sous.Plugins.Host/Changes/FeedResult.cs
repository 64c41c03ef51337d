using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Changes;

/// <summary>A part of the feed as the API answers it. Bodies go out as the bytes that were stored.</summary>
internal sealed class FeedResult(FeedPage page) : IResult, IEndpointMetadataProvider
{
    private const int FlushAt = 64 * 1024;

    private static readonly JsonWriterOptions Written = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder)
        => builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(FeedPage), ["application/json"]));

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using var writer = Begin(httpContext);
        writer.WriteStartObject();
        writer.WriteString("feed"u8, page.Feed);
        await WriteAsync(writer, "changes", page.Changes, httpContext);
        writer.WriteNumber("next"u8, page.Next);
        writer.WriteBoolean("more"u8, page.More);
        writer.WriteEndObject();
    }

    /// <summary>A writer of the answer; whoever has it disposes of it.</summary>
    public static Utf8JsonWriter Begin(HttpContext context)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        return new Utf8JsonWriter(context.Response.BodyWriter, Written);
    }

    /// <summary>Entries as a member, sent as they are written.</summary>
    public static async Task WriteAsync(Utf8JsonWriter writer, string member, IReadOnlyList<FeedEntry> entries, HttpContext context)
    {
        writer.WriteStartArray(member);
        foreach (var entry in entries)
        {
            Write(writer, entry);
            if (writer.BytesPending > FlushAt)
            {
                await writer.FlushAsync(context.RequestAborted);
                await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
            }
        }

        writer.WriteEndArray();
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
