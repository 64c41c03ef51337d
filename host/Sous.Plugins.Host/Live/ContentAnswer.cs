using System.Globalization;
using Sous.Plugins.Sdk.Files;

namespace Sous.Plugins.Host.Live;

/// <summary>
/// A file's content, or a part of it, passed on while it arrives. The last bytes wait until the driver has said that the whole
/// is right, so a broken transfer or a wrong checksum is never a complete answer: the connection is cut instead.
/// </summary>
internal sealed class ContentAnswer(LiveDriver driver, FileRequest asked, AskedRange? range) : IResult
{
    private const int Block = 64 * 1024;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using var opened = driver;
        using var until = driver.Until(httpContext.RequestAborted);
        FileContent? content = null;
        try
        {
            content = await FetchAsync((IStorageDriver)driver.Driver, until.Token);
            await (content is null ? Http.Problems.NotFound().ExecuteAsync(httpContext) : AnswerAsync(httpContext, content, until.Token));
        }
        catch (OperationCanceledException) when (until.IsCancellationRequested)
        {
            // The caller has gone, or the host stops: what was sent must not look whole.
            httpContext.Abort();
        }
        catch (Exception e) when (!httpContext.Response.HasStarted && driver.TryExplain(e, out var failure))
        {
            httpContext.Response.Clear();
            await failure.AnswerAsync(httpContext);
        }
        catch (Exception e) when (driver.TryExplain(e, out _))
        {
            httpContext.Abort();
        }
        finally
        {
            await until.CancelAsync();
            if (content is not null)
            {
                await driver.ReleaseAsync(content);
            }
        }
    }

    private async Task<FileContent?> FetchAsync(IStorageDriver storage, CancellationToken cancellationToken)
    {
        var request = range is { } part ? asked with { Offset = part.From, Length = part.Length } : asked;
        if (range is { From: null, Length: var last })
        {
            // The last bytes: where they begin follows from the size, which an empty range tells.
            var size = await driver.CallAsync(token => SizeAsync(storage, token), cancellationToken);
            request = request with { Offset = Math.Max(0, (size ?? 0) - (last ?? 0)) };
        }

        return await driver.CallAsync(token => storage.FetchFileAsync(request, token), cancellationToken);
    }

    private async ValueTask<long?> SizeAsync(IStorageDriver storage, CancellationToken cancellationToken)
    {
        await using var nothing = await storage.FetchFileAsync(asked with { Offset = 0, Length = 0 }, cancellationToken);
        return nothing?.FileSize;
    }

    private async Task AnswerAsync(HttpContext context, FileContent content, CancellationToken cancellationToken)
    {
        var response = context.Response;
        response.Headers.CacheControl = "no-store";
        response.Headers.AcceptRanges = asked.ExportType is null ? "bytes" : "none";
        if (range is not null && content.Length is null or 0)
        {
            response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{content.FileSize}");
            return;
        }

        // Whatever a tenant keeps there is nothing that a browser should show under the worker's own address.
        response.ContentType = content.MimeType;
        response.Headers.ContentDisposition = "attachment";
        response.Headers.XContentTypeOptions = "nosniff";
        response.ContentLength = content.Length;
        if (range is not null)
        {
            var from = range.Value.From ?? content.FileSize - content.Length;
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {from}-{from + content.Length - 1}/{(content.FileSize is { } size ? size.ToString(CultureInfo.InvariantCulture) : "*")}");
        }

        await CopyAsync(content.Content, response.Body, cancellationToken);
    }

    private async Task CopyAsync(Stream source, Stream target, CancellationToken cancellationToken)
    {
        var (held, next) = (new byte[Block], new byte[Block]);
        var count = await ReadAsync(source, held, cancellationToken);
        while (count > 0)
        {
            var more = await ReadAsync(source, next, cancellationToken);
            await target.WriteAsync(held.AsMemory(0, count), cancellationToken);
            (held, next, count) = (next, held, more);
        }
    }

    private Task<int> ReadAsync(Stream source, byte[] buffer, CancellationToken cancellationToken)
        => driver.CallAsync(token => source.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, token), cancellationToken);
}
