using System.Net;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Drivers.Egress;

/// <summary>An answer that ends with an error where it grows past what a page of an API can be; unpacked bytes count.</summary>
internal sealed class BoundedContent : HttpContent
{
    /// <summary>Largest JSON or HTML answer, in bytes. Files are read as streams and are bounded by who stores them.</summary>
    public const long Limit = 64L << 20;

    private readonly HttpContent _inner;

    private BoundedContent(HttpContent inner)
    {
        _inner = inner;
        foreach (var header in inner.Headers.NonValidated)
        {
            Headers.TryAddWithoutValidation(header.Key, header.Value);
        }
    }

    public static HttpContent Bound(HttpContent content)
    {
        var type = content.Headers.ContentType?.MediaType ?? "";
        if (!type.EndsWith("json", StringComparison.OrdinalIgnoreCase) && !type.EndsWith("html", StringComparison.OrdinalIgnoreCase))
        {
            return content;
        }

        return content.Headers.ContentLength > Limit ? throw TooLarge() : new BoundedContent(content);
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await using var source = await CreateContentReadStreamAsync();
        await source.CopyToAsync(stream);
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using var source = await CreateContentReadStreamAsync(cancellationToken);
        await source.CopyToAsync(stream, cancellationToken);
    }

    protected override Task<Stream> CreateContentReadStreamAsync() => CreateContentReadStreamAsync(CancellationToken.None);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken)
    {
        var count = 0L;
        return new ReadThrough(await _inner.ReadAsStreamAsync(cancellationToken), read =>
        {
            if ((count += read) > Limit)
            {
                throw TooLarge();
            }
        });
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _inner.Headers.ContentLength ?? 0;
        return _inner.Headers.ContentLength is not null;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private static DriverException TooLarge() => new(FailureKind.Defect, $"The service answered with more than {Limit >> 20} MiB; the driver must ask for smaller pages.");
}
