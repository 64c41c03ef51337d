using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Sous.Plugins.Host.Tests.Authorization;

/// <summary>An authorization server that does what an honest one never does: whatever a test tells it. Its API alone is honest. It remembers every byte it is sent.</summary>
internal sealed class HostileService : IAsyncDisposable
{
    private readonly WebApplication _app;

    // Each connection is to an account of its own: a grant that another connection needs too is not revoked.
    private int _accounts;

    private HostileService()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(ReceiveAsync);
    }

    public Uri Address => new(_app.Urls.First());

    /// <summary>Method, address, headers and body of each request for a token, a revocation or a page.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    public ConcurrentQueue<string> ApiRequests { get; } = new();

    public Func<HttpContext, Task> Answer { get; set; } = static context => JsonAsync(context, 200, "{}");

    public static async Task<HostileService> StartAsync()
    {
        var service = new HostileService();
        await service._app.StartAsync(TestContext.Current.CancellationToken);
        return service;
    }

    public static Task JsonAsync(HttpContext context, int status, string json) => BytesAsync(context, status, "application/json", Encoding.UTF8.GetBytes(json));

    public static Task BytesAsync(HttpContext context, int status, string? type, byte[] body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        return context.Response.Body.WriteAsync(body).AsTask();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ReceiveAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var text = new StringBuilder($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}\n");
        foreach (var (name, value) in context.Request.Headers)
        {
            text.Append(name).Append(": ").Append(value).Append('\n');
        }

        var isApi = context.Request.Path.StartsWithSegments("/api");
        (isApi ? ApiRequests : Requests).Enqueue(text.Append('\n').Append(await reader.ReadToEndAsync(context.RequestAborted)).ToString());
        await (isApi ? JsonAsync(context, 200, $$"""{"id":"account-{{Interlocked.Increment(ref _accounts)}}","name":"n"}""") : Answer(context));
    }
}
