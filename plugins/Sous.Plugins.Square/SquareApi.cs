using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Square;

/// <summary>One answer: its records, the cursor of the next page, and the catalogue's latest time where it is told.</summary>
internal sealed record SquarePage<T>(List<T> Items, string? Cursor, string? LatestTime);

/// <summary>Speaks HTTP with Square and turns what goes wrong into the five failures. Retries nothing.</summary>
internal sealed class SquareApi(DriverContext context)
{
    public const string VersionHeader = "Square-Version";
    public const string Version = "2025-08-20";

    private const int MostIds = 100;
    private const int LargestAnswer = 128 * 1024 * 1024;

    /// <summary>A time as Square reads it; its times have milliseconds.</summary>
    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    /// <summary>One page of a listing, or null where the cursor is no longer good.</summary>
    public Task<SquarePage<T>?> PageAsync<T>(string path, string member, JsonTypeInfo<T> type, CancellationToken cancellationToken, byte[]? body = null)
        where T : class
        => SendAsync(path, member, type, body, "INVALID_CURSOR", cancellationToken);

    /// <summary>One record by its id, or null where there is none.</summary>
    public async Task<T?> FindAsync<T>(string path, string member, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
        => await SendAsync(path, member, type, null, "NOT_FOUND", cancellationToken).ConfigureAwait(false) is { Items: [var found, ..] } ? found : null;

    /// <summary>Orders by their ids, of one location or of all; those that are gone are left out.</summary>
    public async Task<List<SquareOrder>> RetrieveOrdersAsync(string? locationId, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var orders = new List<SquareOrder>(ids.Count);
        foreach (var some in ids.Chunk(MostIds))
        {
            var body = JsonSerializer.SerializeToUtf8Bytes(new RetrieveOrders(locationId, some), SquareJson.Default.RetrieveOrders);
            var page = await SendAsync("v2/orders/batch-retrieve", "orders", SquareJson.Default.SquareOrder, body, null, cancellationToken).ConfigureAwait(false);
            orders.AddRange(page?.Items ?? []);
        }

        return orders;
    }

    private async Task<SquarePage<T>?> SendAsync<T>(
        string path, string member, JsonTypeInfo<T> type, byte[]? body, string? nullFor, CancellationToken cancellationToken)
        where T : class
    {
        var what = path.Split('?')[0];
        try
        {
            using var request = Request(path, body);
            using var response = await context.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            var answer = await ReadAsync(response.Content, cancellationToken).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                return Parse(answer, member, type, what);
            }

            var error = SquareError.First(answer.Span);
            return error?.Code is { } code && code == nullFor ? null : throw Failure(response, error, what);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DriverException(FailureKind.Transient, $"Square did not answer {what} in time.", inner: e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new DriverException(FailureKind.Transient, $"The connection to Square broke during {what}.", inner: e);
        }
    }

    // Where the length is told, the answer is read into an array of that length: HttpContent's own buffer would copy it once more.
    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength is not (> 0 and <= LargestAnswer))
        {
            await content.LoadIntoBufferAsync(LargestAnswer, cancellationToken).ConfigureAwait(false);
            return await content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        }

        var answer = GC.AllocateUninitializedArray<byte>((int)content.Headers.ContentLength.Value);
        using var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await stream.ReadExactlyAsync(answer, cancellationToken).ConfigureAwait(false);
        return answer;
    }

    private static HttpRequestMessage Request(string path, byte[]? body)
    {
        var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, new Uri(path, UriKind.Relative));
        request.Headers.Add(VersionHeader, Version);
        request.Options.Set(ServiceRequest.OnlyReads, true);
        if (body is { Length: > 0 })
        {
            request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        }

        return request;
    }

    private static SquarePage<T> Parse<T>(ReadOnlyMemory<byte> answer, string member, JsonTypeInfo<T> type, string what)
        where T : class
    {
        try
        {
            return ReadPage(answer, member, type);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // A body that is JSON through and through was not cut off: its shape is new, and that is for the driver's author.
            throw IsJson(answer.Span)
                ? new DriverException(FailureKind.Defect, $"Square's answer to {what} is not of the shape expected.", inner: e)
                : new DriverException(FailureKind.Transient, $"Square's answer to {what} is broken off or not JSON.", inner: e);
        }
    }

    private static SquarePage<T> ReadPage<T>(ReadOnlyMemory<byte> answer, string member, JsonTypeInfo<T> type)
        where T : class
    {
        var (items, cursor, latest) = (new List<T>(), (string?)null, (string?)null);
        var reader = new Utf8JsonReader(answer.Span);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException();
        }

        if (member.Length == 0)
        {
            return new SquarePage<T>(JsonSerializer.Deserialize(ref reader, type) is { } whole ? [whole] : [], null, null);
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(member))
            {
                ReadItems(ref reader, answer, type, items);
            }
            else if (reader.ValueTextEquals("cursor"u8))
            {
                reader.Read();
                cursor = reader.GetString() is { Length: > 0 } more ? more : null;
            }
            else if (reader.ValueTextEquals("latest_time"u8))
            {
                reader.Read();
                latest = reader.GetString();
            }
            else
            {
                reader.Skip();
            }
        }

        return new SquarePage<T>(items, cursor, latest);
    }

    private static void ReadItems<T>(ref Utf8JsonReader reader, ReadOnlyMemory<byte> answer, JsonTypeInfo<T> type, List<T> items)
        where T : class
    {
        reader.Read();
        var list = reader.TokenType == JsonTokenType.StartArray;
        var converter = (JsonConverter<T>)type.Converter;
        while (!list || (reader.Read() && reader.TokenType != JsonTokenType.EndArray))
        {
            var start = (int)reader.TokenStartIndex;
            // JsonSerializer would look for the item's end first, and so read each byte twice.
            if (converter.Read(ref reader, typeof(T), type.Options) is { } item)
            {
                items.Add(item);
                if (item is WithRaw record)
                {
                    record.Raw = answer[start..(int)reader.BytesConsumed];
                }
            }

            if (!list)
            {
                return;
            }
        }
    }

    private static bool IsJson(ReadOnlySpan<byte> text)
    {
        try
        {
            var reader = new Utf8JsonReader(text);
            while (reader.Read())
            {
            }

            return reader.BytesConsumed > 0;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private DriverException Failure(HttpResponseMessage response, SquareError? error, string what)
    {
        var status = (int)response.StatusCode;
        var said = error?.Code is { } code ? $"{status} {code}{(error.Field is { } field ? $" ({field})" : "")}" : $"{status}";
        var wait = response.Headers.RetryAfter is { } after ? after.Delta ?? after.Date - context.Clock.GetUtcNow() : null;
        return (response.StatusCode, error) switch
        {
            (HttpStatusCode.TooManyRequests, _) => new DriverException(FailureKind.RateLimited, $"Square asks for fewer requests ({said}, {what}).", wait),
            // Without Square's envelope it is not Square that speaks, but something on the way.
            (HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError, _) or (_, null) =>
                new DriverException(FailureKind.Transient, $"Square is unwell ({said}, {what}).", wait),
            (_, { Code: "INSUFFICIENT_SCOPES" or "FORBIDDEN" }) or (HttpStatusCode.Forbidden, _) =>
                new DriverException(FailureKind.Misconfigured, $"Square refuses {what}: the grant lacks the scope {ScopeOf(what)} ({said})."),
            (HttpStatusCode.Unauthorized, _) or (_, { Code: "UNAUTHORIZED" or "ACCESS_TOKEN_EXPIRED" or "ACCESS_TOKEN_REVOKED" }) =>
                new DriverException(FailureKind.Unauthorized, $"Square does not accept the access token ({said}, {what})."),
            _ => new DriverException(FailureKind.Defect, $"Square refuses {what} as it was asked ({said})."),
        };
    }

    private static string ScopeOf(string path) => path.Split('/') switch
    {
        [_, "orders", ..] => "ORDERS_READ",
        [_, "payments" or "refunds", ..] => "PAYMENTS_READ",
        [_, "catalog", ..] => "ITEMS_READ",
        _ => "MERCHANT_PROFILE_READ",
    };
}

/// <summary>One entry of Square's error envelope. Its detail is left out: it may repeat what was sent.</summary>
internal sealed record SquareError(string? Code, string? Field)
{
    /// <summary>The first error of an answer, or null where the answer is not Square's envelope.</summary>
    public static SquareError? First(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, SquareJson.Default.SquareErrors)?.Errors?.FirstOrDefault();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

internal sealed record SquareErrors(List<SquareError>? Errors);
