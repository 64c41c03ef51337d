using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Dashboard;

namespace Sous.Plugins.Host.Http;

/// <summary>The headers that belong on every answer to a browser: redirects, refusals and failures too.</summary>
internal static class PageProtection
{
    public static Task ProtectAsync(HttpContext context, RequestDelegate next)
    {
        if (OwnerPage.IsFor(context.Request.Path) || DashboardPage.IsFor(context.Request.Path))
        {
            context.Response.OnStarting(static state => Protect((HttpResponse)state), context.Response);
        }

        return next(context);
    }

    private static Task Protect(HttpResponse response)
    {
        var headers = response.Headers;
        headers.CacheControl = headers.CacheControl is { Count: > 0 } own ? own : "no-store";
        headers.ContentSecurityPolicy = headers.ContentSecurityPolicy is { Count: > 0 } policy ? policy : "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
        headers["Referrer-Policy"] = headers["Referrer-Policy"] is { Count: > 0 } referrer ? referrer : "no-referrer";
        headers.XFrameOptions = "DENY";
        headers.XContentTypeOptions = "nosniff";
        return Task.CompletedTask;
    }
}
