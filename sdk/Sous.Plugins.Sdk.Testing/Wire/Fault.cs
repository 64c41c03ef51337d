using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Sous.Plugins.Sdk.Testing.Wire;

/// <summary>Answers a request in the service's place. What it is given sends the request on; null leaves it to the next request.</summary>
internal delegate Task<HttpResponseMessage?> FaultAnswer(Func<Task<HttpResponseMessage>> send, CancellationToken cancellationToken);

/// <summary>Something that goes wrong once, at one request of a call.</summary>
/// <param name="Name">What it is called in findings.</param>
/// <param name="Answer">Does it.</param>
internal sealed record Fault(string Name, FaultAnswer Answer)
{
    /// <summary>Whether the answer could be what a file holds.</summary>
    public bool IsContent { get; private init; }

    private const string Page = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Guest network</h1></body></html>";

    public static Fault Status(ServiceAnswer answer, RetryConditionHeaderValue? wait = null) => new(
        $"{answer.Status}{(wait is null ? "" : $" with a wait ({wait})")}",
        (_, _) => Task.FromResult<HttpResponseMessage?>(Make(answer, wait)));

    public static Fault Html(int status) => new($"an HTML page with {status}", (_, _) => Task.FromResult<HttpResponseMessage?>(
        Make(new ServiceAnswer(status, Page) { MediaType = "text/html" }, null))) { IsContent = status == 200 };

    /// <summary>The client's own time-out, as HttpClient reports it.</summary>
    public static Fault ClientTimeOut { get; } = new("a time-out of the client", (_, _) =>
        throw new TaskCanceledException("The request was canceled due to the configured HttpClient.Timeout.", new TimeoutException()));

    /// <summary>As the host reports a request that stayed without an answer.</summary>
    public static Fault NoAnswer { get; } = new("no answer in time", (_, _) => throw new HttpRequestException("There was no answer in time.", new TimeoutException()));

    public static Fault Refused { get; } = new("a refused connection", (_, _) => throw new HttpRequestException(HttpRequestError.ConnectionError, "Connection refused."));

    /// <summary>Half of an answer, and then the connection breaks.</summary>
    public static Fault BrokenOff { get; } = new("an answer that breaks off", async (send, token) =>
    {
        var response = await send().ConfigureAwait(false);
        var whole = await response.Content.ReadAsByteArrayAsync(token).ConfigureAwait(false);
        return Replace(response, new BreakingStream(whole[..(whole.Length / 2)]), whole.Length);
    });

    /// <summary>A JSON answer of which a part came, in a way that HTTP does not notice.</summary>
    public static Fault Truncated(double share) => new(share > 0 ? "truncated JSON" : "an empty answer", async (send, token) =>
    {
        var response = await send().ConfigureAwait(false);
        if (!IsJson(response))
        {
            return null;
        }

        var whole = await response.Content.ReadAsByteArrayAsync(token).ConfigureAwait(false);
        var part = whole[..(int)(whole.Length * share)];
        return Replace(response, new MemoryStream(part), part.Length);
    });

    public static bool IsJson(HttpResponseMessage response)
        => response.IsSuccessStatusCode && response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.OrdinalIgnoreCase) == true;

    private static HttpResponseMessage Make(ServiceAnswer answer, RetryConditionHeaderValue? wait)
    {
        var response = new HttpResponseMessage((HttpStatusCode)answer.Status) { Content = new StringContent(answer.Body, Encoding.UTF8, answer.MediaType) };
        response.Headers.RetryAfter = wait;
        return response;
    }

    private static HttpResponseMessage Replace(HttpResponseMessage response, Stream body, long length)
    {
        var content = new StreamContent(body);
        foreach (var header in response.Content.Headers.NonValidated)
        {
            content.Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        content.Headers.ContentLength = length;
        response.Content = content;
        return response;
    }

    /// <summary>Ends as a connection does that was cut.</summary>
    private sealed class BreakingStream(byte[] bytes) : MemoryStream(bytes, writable: false)
    {
        public override int Read(Span<byte> buffer) => More(base.Read(buffer), buffer.Length);

        public override int Read(byte[] buffer, int offset, int count) => More(base.Read(buffer, offset, count), count);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.FromResult(Read(buffer, offset, count));

        public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) => throw Cut();

        private static int More(int read, int asked) => read > 0 || asked == 0 ? read : throw Cut();

        private static HttpIOException Cut() => new(HttpRequestError.ResponseEnded, "The answer ended before it was whole.");
    }
}
