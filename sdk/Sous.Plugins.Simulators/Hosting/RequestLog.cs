using System.Text;

namespace Sous.Plugins.Simulators.Hosting;

/// <summary>The newest requests, bounded; reads each body once and leaves it to the endpoints.</summary>
internal sealed class RequestLog
{
    private const int Kept = 5_000;
    private const int MaxBody = 4 * 1024 * 1024;
    private readonly Lock _gate = new();
    private readonly Queue<RecordedRequest> _requests = new();

    /// <summary>Awaited when a request has come, before anything answers it; null for nothing.</summary>
    public Func<RecordedRequest, Task>? Asked { get; set; }

    /// <summary>Awaited when a request's answer has gone out whole; null for nothing.</summary>
    public Func<RecordedRequest, Task>? Answered { get; set; }

    public IReadOnlyList<RecordedRequest> All()
    {
        lock (_gate)
        {
            return [.. _requests];
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _requests.Clear();
        }
    }

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var body = await ReadBodyAsync(context.Request).ConfigureAwait(false);
        context.Features.Set(new RequestBody(body));
        var headers = context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var request = new RecordedRequest(context.Request.Method, context.Request.Path.Value ?? "", context.Request.QueryString.Value ?? "", headers, Encoding.UTF8.GetString(body));
        context.Features.Set(request);
        lock (_gate)
        {
            if (_requests.Count == Kept)
            {
                _requests.Dequeue();
            }

            _requests.Enqueue(request);
        }

        if (context.Request.Path.StartsWithSegments("/_simulator"))
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        await (Asked?.Invoke(request) ?? Task.CompletedTask).ConfigureAwait(false);
        await next(context).ConfigureAwait(false);
        if (Answered is { } answered && !request.IsCut && !context.RequestAborted.IsCancellationRequested)
        {
            await context.Response.CompleteAsync().ConfigureAwait(false);
            await answered(request).ConfigureAwait(false);
        }
    }

    private static async Task<byte[]> ReadBodyAsync(HttpRequest request)
    {
        if (request.ContentLength is 0 || (request.ContentLength is null && !request.Headers.ContainsKey("Transfer-Encoding")))
        {
            return [];
        }

        using var buffer = new MemoryStream();
        var chunk = new byte[8192];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, request.HttpContext.RequestAborted).ConfigureAwait(false)) > 0 && buffer.Length < MaxBody)
        {
            buffer.Write(chunk, 0, read);
        }

        return buffer.ToArray();
    }
}
