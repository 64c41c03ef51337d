using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Sous.Plugins.Browser.Tests;

/// <summary>A site that is not the host's: the platform, which owners come back to, and whoever would like to press the host's buttons.</summary>
internal sealed class OtherSite : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, string> _pages = new();
    private readonly WebApplication _app;

    private OtherSite()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Run(context =>
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            return context.Response.WriteAsync($"<!doctype html><html lang=\"en\"><title>Elsewhere</title>{_pages.GetValueOrDefault(context.Request.Path, "<h1>Elsewhere</h1>")}", context.RequestAborted);
        });
    }

    /// <summary>By the same name as the host and at another port: the same site to a browser, of another origin.</summary>
    public Uri Address => new(_app.Urls.First());

    /// <summary>By another name: another site.</summary>
    public Uri ByName => new UriBuilder(Address) { Host = "localhost" }.Uri;

    /// <summary>Where owners are sent back to.</summary>
    public Uri Back => new(Address, "back");

    public static async Task<OtherSite> StartAsync()
    {
        var site = new OtherSite();
        await site._app.StartAsync();
        return site;
    }

    /// <summary>Shows that from now on.</summary>
    public void Show(string path, string html) => _pages[path] = html;

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
