using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Sous.Plugins.Simulators.Square.Rendering;

namespace Sous.Plugins.Simulators.Square.Api;

/// <summary>Writes answers: small ones with a JSON writer, pages as the joined bytes of records rendered before.</summary>
internal static class SquareAnswer
{
    private const int FlushAfter = 256 * 1024;

    public static Task ErrorAsync(HttpContext context, SquareFault fault)
    {
        context.Response.StatusCode = fault.Status;
        return JsonAsync(context, json =>
        {
            json.WriteStartArray("errors"u8);
            json.WriteStartObject();
            json.WriteString("category"u8, fault.Category);
            json.WriteString("code"u8, fault.Code);
            json.WriteString("detail"u8, fault.Message);
            json.Optional("field"u8, fault.Parameter);
            json.WriteEndObject();
            json.WriteEndArray();
        });
    }

    /// <summary>Writes one JSON object; the delegate writes its members.</summary>
    public static async Task JsonAsync(HttpContext context, Action<Utf8JsonWriter> members)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        Start(context, body.WrittenCount);
        await context.Response.BodyWriter.WriteAsync(body.WrittenMemory, context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Writes {"name":record} and further members that are JSON already.</summary>
    public static Task OneAsync(HttpContext context, string name, ReadOnlyMemory<byte> record, string? more = null) =>
        JoinAsync(context, $"{{\"{name}\":", [record], more is null ? "}" : $",{more}}}");

    /// <summary>Writes {"name":[records],"cursor":…}; Square leaves out an empty list and an absent cursor.</summary>
    public static Task PageAsync(HttpContext context, string name, IReadOnlyList<ReadOnlyMemory<byte>> records, string? cursor, string? more = null)
    {
        var tail = new StringBuilder(records.Count == 0 ? "" : "]");
        var separator = records.Count == 0 ? "" : ",";
        if (cursor is not null)
        {
            tail.Append(separator).Append("\"cursor\":\"").Append(cursor).Append('"');
            separator = ",";
        }

        if (more is not null)
        {
            tail.Append(separator).Append(more);
        }

        return JoinAsync(context, records.Count == 0 ? "{" : $"{{\"{name}\":[", records, tail.Append('}').ToString());
    }

    private static async Task JoinAsync(HttpContext context, string head, IReadOnlyList<ReadOnlyMemory<byte>> records, string tail)
    {
        long length = Encoding.UTF8.GetByteCount(head) + Encoding.UTF8.GetByteCount(tail) + Math.Max(0, records.Count - 1);
        foreach (var record in records)
        {
            length += record.Length;
        }

        Start(context, length);
        var writer = context.Response.BodyWriter;
        Write(writer, head);
        var unflushed = 0;
        for (var i = 0; i < records.Count; i++)
        {
            if (i > 0)
            {
                writer.Write(","u8);
            }

            writer.Write(records[i].Span);
            unflushed += records[i].Length;
            if (unflushed > FlushAfter)
            {
                unflushed = 0;
                await writer.FlushAsync(context.RequestAborted).ConfigureAwait(false);
            }
        }

        Write(writer, tail);
        await writer.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }

    private static void Start(HttpContext context, long length)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = length;
    }

    private static void Write(PipeWriter writer, string text) => writer.Advance(Encoding.UTF8.GetBytes(text, writer.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));
}
