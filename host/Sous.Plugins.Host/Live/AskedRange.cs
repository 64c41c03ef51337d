using Microsoft.Net.Http.Headers;

namespace Sous.Plugins.Host.Live;

/// <summary>The one range of bytes that a request asks for.</summary>
/// <param name="From">Its first byte; null where the last <paramref name="Length"/> bytes are meant.</param>
/// <param name="Length">How many bytes at most; null for the rest.</param>
internal readonly record struct AskedRange(long? From, long? Length)
{
    /// <returns>Null where the whole is asked for, or something that may be answered by it: several ranges, another unit, a condition.</returns>
    public static AskedRange? Read(HttpRequest request)
        => request.Headers.IfRange.Count == 0
            && RangeHeaderValue.TryParse(request.Headers.Range.ToString(), out var range)
            && range is { Unit.Value: "bytes", Ranges.Count: 1 }
                ? Of(range.Ranges.First())
                : null;

    private static AskedRange Of(RangeItemHeaderValue range) => range.From is { } from
        ? new AskedRange(from, range.To - from + 1)
        : new AskedRange(null, range.To);
}
