using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Sous.Plugins.Benchmarks.Callback;

/// <summary>A route that answers what the host answers, and does nothing else.</summary>
internal sealed class BareKestrel : IAsyncDisposable
{
    private readonly WebApplication _app;

    private BareKestrel(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.First());

    public static async Task<BareKestrel> StartAsync(Refusal refusal)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(static kestrel => kestrel.AddServerHeader = false).UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/oauth/callback/{driver}", context =>
        {
            context.Response.StatusCode = refusal.Status;
            foreach (var (name, value) in refusal.Headers)
            {
                context.Response.Headers[name] = value;
            }

            context.Response.ContentLength = refusal.Body.Length;
            return context.Response.Body.WriteAsync(refusal.Body).AsTask();
        });
        await app.StartAsync();
        return new BareKestrel(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
