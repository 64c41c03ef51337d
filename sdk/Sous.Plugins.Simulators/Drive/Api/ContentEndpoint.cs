using System.Globalization;
using Microsoft.Net.Http.Headers;
using Sous.Plugins.Simulators.Drive.Files;

namespace Sous.Plugins.Simulators.Drive.Api;

/// <summary>Content: files.get with alt=media, whole or a range, and files.export.</summary>
internal sealed class ContentEndpoint(FileStore store, DriveSimulator simulator)
{
    private const long LargestExport = 10 << 20;

    public async Task GetAsync(HttpContext context)
    {
        var file = DriveRoutes.Find(context, store);
        var content = Downloadable(file, context);
        var response = context.Response;
        response.Headers.AcceptRanges = "bytes";
        response.ContentType = file.MimeType;
        var (from, count) = (0L, content.Length);
        if (!simulator.Trouble.IgnoreRange && Range(context.Request) is { } range)
        {
            if (Place(range, content.Length) is not { } placed)
            {
                response.Headers.ContentRange = $"bytes */{content.Length}";
                throw new DriveFault(416, "requestedRangeNotSatisfiable", "Request range not satisfiable", "Range", "header");
            }

            (from, count) = placed;
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {from}-{from + count - 1}/{content.Length}");
        }

        response.ContentLength = count;
        await content.CopyToAsync(response.Body, from, count, simulator.Trouble.CorruptContent, context.RequestAborted).ConfigureAwait(false);
    }

    public async Task ExportAsync(HttpContext context)
    {
        var file = DriveRoutes.Find(context, store);
        var type = context.Text("mimeType") ?? throw DriveFault.Required("mimeType");
        if (!file.IsGoogles)
        {
            throw new DriveFault(403, "fileNotExportable", "Export only supports Docs Editors files.");
        }

        if (!file.CanDownload)
        {
            throw new DriveFault(403, "cannotExportFile", "This file cannot be exported by the user.");
        }

        if (file.Exported is not { } content || !file.ExportTypes.Contains(type))
        {
            throw new DriveFault(400, "badRequest", "The requested conversion is not supported.", "convertTo");
        }

        if (content.Length > LargestExport)
        {
            throw new DriveFault(403, "exportSizeLimitExceeded", "This file is too large to be exported.");
        }

        // Exports are made while they are sent: no length, no ranges.
        context.Response.ContentType = type;
        await content.CopyToAsync(context.Response.Body, 0, content.Length, simulator.Trouble.CorruptContent, context.RequestAborted).ConfigureAwait(false);
    }

    private static FileBytes Downloadable(DriveFile file, HttpContext context)
    {
        if (DriveRoutes.IsMetadataOnly(context))
        {
            throw DriveRoutes.InsufficientScope();
        }

        if (file.Content is not { } content)
        {
            throw new DriveFault(403, "fileNotDownloadable", "Only files with binary content can be downloaded. Use Export with Docs Editors files.", "alt");
        }

        if (!file.CanDownload)
        {
            throw new DriveFault(403, "cannotDownloadFile", "This file cannot be downloaded by the user.");
        }

        return file.Abusive && !context.Flag("acknowledgeAbuse")
            ? throw new DriveFault(403, "cannotDownloadAbusiveFile", "This file has been identified as malware or spam and cannot be downloaded.")
            : content;
    }

    private static RangeItemHeaderValue? Range(HttpRequest request) =>
        RangeHeaderValue.TryParse(request.Headers.Range.ToString(), out var range) && range is { Unit.Value: "bytes", Ranges.Count: 1 } ? range.Ranges.First() : null;

    private static (long From, long Count)? Place(RangeItemHeaderValue range, long length)
    {
        var from = range.From ?? Math.Max(0, length - (range.To ?? 0));
        var to = range.From is null ? length - 1 : Math.Min(range.To ?? long.MaxValue, length - 1);
        return from <= to ? (from, to - from + 1) : null;
    }
}
