using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Sous.Plugins.Host.Tests.Live.Proxy;

/// <summary>Stands before a simulated service, below a path, and notes what comes; what it is told to answer itself it does.</summary>
internal sealed class Counter : IAsyncDisposable
{
    /// <summary>A header of the test's own requests: what the host asks for by itself, a discovery or a run, is not noted.</summary>
    public const string Mark = "X-Own";

    private readonly WebApplication _app;
    private readonly HttpClient _behind;
    private readonly ConcurrentQueue<(string Target, IReadOnlyDictionary<string, string> Headers)> _asked = new();

    private Counter(WebApplication app, Uri behind) => (_app, _behind) = (app, new HttpClient { BaseAddress = behind });

    /// <summary>Below which all of the service's API lies.</summary>
    public Uri Address => new(_app.Urls.First() + "/gateway/");

    /// <summary>Answers in the service's place what comes below <c>odd/</c>.</summary>
    public RequestDelegate Odd { get; set; } = static _ => Task.CompletedTask;

    /// <summary>What of the test's own came since the last time this was asked: targets as they were sent, and headers.</summary>
    public IReadOnlyList<(string Target, IReadOnlyDictionary<string, string> Headers)> TakeAsked()
    {
        var taken = _asked.ToList();
        _asked.Clear();
        return taken;
    }

    public static async Task<Counter> StartAsync(Uri behind, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var counter = new Counter(app, behind);
        app.Run(counter.ServeAsync);
        await app.StartAsync(cancellationToken);
        return counter;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _behind.Dispose();
    }

    private async Task ServeAsync(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        if (context.Request.Headers.ContainsKey(Mark))
        {
            _asked.Enqueue((target, context.Request.Headers.ToDictionary(static header => header.Key, static header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase)));
        }

        if (target.StartsWith("/gateway/odd/", StringComparison.Ordinal))
        {
            await Odd(context);
            return;
        }

        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), target["/gateway/".Length..]);
        request.Content = context.Request.ContentLength > 0 ? new StreamContent(context.Request.Body) : null;
        foreach (var (name, value) in context.Request.Headers.Where(static header => header.Key is not "Host"))
        {
            _ = request.Headers.TryAddWithoutValidation(name, value.AsEnumerable()) || request.Content?.Headers.TryAddWithoutValidation(name, value.AsEnumerable()) == true;
        }

        using var answer = await _behind.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, value) in answer.Headers.Concat(answer.Content.Headers).Where(static header => header.Key is not "Transfer-Encoding"))
        {
            context.Response.Headers[name] = value.ToArray();
        }

        await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
