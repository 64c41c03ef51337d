using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Sous.Plugins.Benchmarks.Feed;

/// <summary>A bare Kestrel over bare Microsoft.Data.Sqlite: one route that reads the same rows and writes the same members. It asks for no key, looks nothing up and limits nothing.</summary>
internal sealed class BareFeed : IAsyncDisposable
{
    private const int FlushAt = 64 * 1024;
    private const string Sql = "SELECT position, id, version, changed_at, body FROM changes WHERE position > ?1 ORDER BY position LIMIT ?2";

    private static readonly JsonWriterOptions s_written = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly WebApplication _app;

    private BareFeed(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.First());

    public static async Task<BareFeed> StartAsync(string path)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(static kestrel => kestrel.AddServerHeader = false).UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/changes", context => AnswerAsync(context, $"Data Source={path};Mode=ReadOnly"));
        await app.StartAsync();
        return new BareFeed(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task AnswerAsync(HttpContext context, string connectionString)
    {
        var after = long.Parse(context.Request.Query["after"].ToString(), CultureInfo.InvariantCulture);
        var limit = int.Parse(context.Request.Query["limit"].ToString(), CultureInfo.InvariantCulture);
        context.Response.ContentType = "application/json; charset=utf-8";
        await using var connection = new SqliteConnection(connectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = Sql;
        command.Parameters.Add(new SqliteParameter("?1", after));
        command.Parameters.Add(new SqliteParameter("?2", limit));
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter, s_written);
        writer.WriteStartObject();
        writer.WriteString("feed"u8, "feed_00000000000000000000000000");
        writer.WriteStartArray("changes"u8);
        var count = 0;
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            count++;
            after = rows.GetInt64(0);
            Write(writer, rows);
            if (writer.BytesPending > FlushAt)
            {
                await writer.FlushAsync(context.RequestAborted);
                await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
            }
        }

        writer.WriteEndArray();
        writer.WriteNumber("next"u8, after);
        writer.WriteBoolean("more"u8, count == limit);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, SqliteDataReader rows)
    {
        writer.WriteStartObject();
        writer.WriteNumber("sequence"u8, rows.GetInt64(0));
        writer.WriteString("stream"u8, "sales"u8);
        writer.WriteString("type"u8, "sale"u8);
        writer.WriteString("kind"u8, "upsert"u8);
        writer.WriteString("connection"u8, "con_bench"u8);
        writer.WriteString("location"u8, "own-1"u8);
        writer.WriteString("id"u8, rows.GetString(1));
        writer.WriteNumber("version"u8, rows.GetInt64(2));
        writer.WriteString("changedAt"u8, DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(3)).UtcDateTime);
        writer.WritePropertyName("record"u8);
        writer.WriteRawValue(rows.GetFieldValue<byte[]>(4), skipInputValidation: true);
        writer.WriteEndObject();
    }
}
