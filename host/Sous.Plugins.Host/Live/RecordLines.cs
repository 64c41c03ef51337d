using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Live;

/// <summary>
/// Records as they come from the driver, a line of canonical JSON each, sent page by page. A failure before the first page is
/// a status of its own; one after it is the last line, <c>{"error": …}</c>: an answer without one is whole.
/// </summary>
internal sealed class RecordLines<T>(LiveDriver driver, Func<CancellationToken, IAsyncEnumerable<SyncPage<T>>> fetch, JsonTypeInfo<T> json) : IResult
    where T : class
{
    // The text goes into JSON lines, never into HTML: quotes and accents stay as they are.
    private static readonly JsonWriterOptions s_written = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using var opened = driver;
        using var until = driver.Until(httpContext.RequestAborted);
        // Told to stop before it is let go of: a page that is on its way ends then.
        var pages = fetch(until.Token).GetAsyncEnumerator(until.Token);
        try
        {
            await WriteAsync(httpContext, pages, until.Token);
        }
        catch (OperationCanceledException) when (until.IsCancellationRequested)
        {
            // The caller has gone, or the host stops: what was sent must not look whole.
            httpContext.Abort();
        }
        finally
        {
            await until.CancelAsync();
            await driver.ReleaseAsync(pages);
        }
    }

    private async Task WriteAsync(HttpContext context, IAsyncEnumerator<SyncPage<T>> pages, CancellationToken cancellationToken)
    {
        using var writer = new Utf8JsonWriter(context.Response.BodyWriter, s_written);
        while (true)
        {
            SyncPage<T>? page;
            try
            {
                page = await driver.CallAsync(async _ => await pages.MoveNextAsync() ? pages.Current : null, cancellationToken);
            }
            catch (Exception e) when (driver.TryExplain(e, out var failure))
            {
                await (context.Response.HasStarted ? EndAsync(context, writer, failure, cancellationToken) : failure.AnswerAsync(context));
                return;
            }

            Begin(context);
            foreach (var change in page?.Changes ?? [])
            {
                if (change.Record is { } record)
                {
                    JsonSerializer.Serialize(writer, record, json);
                    Break(context, writer);
                }
            }

            await context.Response.BodyWriter.FlushAsync(cancellationToken);
            if (page is null)
            {
                return;
            }
        }
    }

    private static void Begin(HttpContext context)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.ContentType = "application/x-ndjson";
            context.Response.Headers.CacheControl = "no-store";
        }
    }

    private static async Task EndAsync(HttpContext context, Utf8JsonWriter writer, LiveFailure failure, CancellationToken cancellationToken)
    {
        failure.Write(writer);
        Break(context, writer);
        await context.Response.BodyWriter.FlushAsync(cancellationToken);
    }

    private static void Break(HttpContext context, Utf8JsonWriter writer)
    {
        writer.Flush();
        context.Response.BodyWriter.GetSpan(1)[0] = (byte)'\n';
        context.Response.BodyWriter.Advance(1);
        writer.Reset(context.Response.BodyWriter);
    }
}
