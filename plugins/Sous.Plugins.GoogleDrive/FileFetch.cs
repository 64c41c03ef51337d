using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Files;

namespace Sous.Plugins.GoogleDrive;

/// <summary>Fetches contents: as they are, in part, or exported.</summary>
internal sealed class FileFetch(DriveApi api, DriveSettings settings)
{
    public async Task<FileContent?> FetchAsync(FileRequest request, CancellationToken cancellationToken)
    {
        var file = await api.FindAsync(request.FileId, cancellationToken).ConfigureAwait(false);
        if (file?.ShortcutDetails?.TargetId is { } target)
        {
            file = await api.FindAsync(target, cancellationToken).ConfigureAwait(false);
        }

        return file switch
        {
            null => null,
            { MimeType: DriveFile.ShortcutType } => throw Refused("A shortcut points at a shortcut: there is no content behind it."),
            { IsGoogles: true } => await ExportAsync(file, request, cancellationToken).ConfigureAwait(false),
            _ when request.ExportType is { } type && type != file.MimeType => throw Refused($"The file cannot be exported: it is {file.MimeType} and comes as it is."),
            _ when settings.MaxFileBytes < file.Size => throw Refused("The file is larger than the setting maxFileBytes allows."),
            { Capabilities.CanDownload: false } => throw Refused("The account may see the file and not download it."),
            _ => await DownloadAsync(file, request, cancellationToken).ConfigureAwait(false),
        };
    }

    private async Task<FileContent?> DownloadAsync(DriveFile file, FileRequest request, CancellationToken cancellationToken)
    {
        var whole = request is { Offset: null or 0, Length: null };
        var (from, type) = (request.Offset ?? 0, file.MimeType ?? "application/octet-stream");
        if (!whole && (from >= file.Size || request.Length == 0))
        {
            return new FileContent(Stream.Null, type) { Length = 0, FileSize = file.Size };
        }

        var ask = new FilesGetRequest(api.Service, file.Id ?? "") { Alt = "media", SupportsAllDrives = true, AcknowledgeAbuse = settings.AcknowledgeAbuse ? true : null };
        var range = whole ? null : new RangeHeaderValue(from, request.Length is { } length ? from + length - 1 : null);
        var response = await api.SendAsync(ask, DriveApi.IsAbsent, cancellationToken, range: range).ConfigureAwait(false);
        if (response is null)
        {
            return null;
        }

        if (!whole && (response.StatusCode != HttpStatusCode.PartialContent || response.Content.Headers.ContentRange?.From != from))
        {
            response.Dispose();
            throw new DriverException(FailureKind.Transient, "Drive did not send the range that was asked for.");
        }

        var expected = whole ? file.Size : response.Content.Headers.ContentLength;
        var source = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        return new FileContent(new CheckedContent(response, source, expected, whole ? file.Md5Checksum : null), type) { Length = expected, FileSize = file.Size };
    }

    private async Task<FileContent?> ExportAsync(DriveFile file, FileRequest request, CancellationToken cancellationToken)
    {
        if (request.ExportType is not { } type || !file.ExportTypes.Contains(type))
        {
            throw Refused(file.ExportTypes.Count == 0
                ? $"There is no content behind {file.MimeType}."
                : $"{file.MimeType} has no content of its own; it can be exported to {string.Join(", ", file.ExportTypes)}.");
        }

        if (request is not { Offset: null or 0, Length: null })
        {
            throw Refused("An export is made while it is sent: it comes whole.");
        }

        var response = await api.SendAsync(new FilesExportRequest(api.Service, file.Id ?? "", type), DriveApi.IsAbsent, cancellationToken).ConfigureAwait(false);
        return response is null
            ? null
            : new FileContent(new CheckedContent(response, await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), null, null), type);
    }

    private static DriverException Refused(string message) => new(FailureKind.Misconfigured, message);
}

/// <summary>A content while it arrives: what breaks is told as a failure, and at its end its length and checksum are held against what was told.</summary>
internal sealed class CheckedContent(HttpResponseMessage response, Stream source, long? length, string? md5) : Stream
{
#pragma warning disable CA5351 // Drive's own checksum: it finds broken transfers, and protects against nobody.
    private readonly IncrementalHash? _hash = md5 is null ? null : IncrementalHash.CreateHash(HashAlgorithmName.MD5);
#pragma warning restore CA5351
    private long _read;
    private bool _ended;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length ?? throw new NotSupportedException();

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var read = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            return Take(buffer.Span, read);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw DriveApi.Broken("a file", e);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(Span<byte> buffer)
    {
        try
        {
            return Take(buffer, source.Read(buffer));
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw DriveApi.Broken("a file", e);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash?.Dispose();
            source.Dispose();
            response.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Take(Span<byte> buffer, int read)
    {
        if (read > 0)
        {
            _read += read;
            _hash?.AppendData(buffer[..read]);
        }
        else if (buffer.Length > 0 && !_ended)
        {
            _ended = true;
            Check();
        }

        return read;
    }

    private void Check()
    {
        if (length is { } told && told != _read)
        {
            throw new DriverException(FailureKind.Transient, $"Drive sent {_read} bytes of {told}: the transfer broke, or the file changed meanwhile.");
        }

        if (_hash is not null && !Convert.ToHexString(_hash.GetHashAndReset()).Equals(md5, StringComparison.OrdinalIgnoreCase))
        {
            throw new DriverException(FailureKind.Transient, "The content does not have the checksum that Drive tells: the transfer broke, or the file changed meanwhile.");
        }
    }
}
