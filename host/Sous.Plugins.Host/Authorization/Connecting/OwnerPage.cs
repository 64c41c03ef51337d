using System.Text;
using Microsoft.AspNetCore.Authorization;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>A page for the owner's browser: no script, nothing from elsewhere, nothing kept, no frame.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Title">Plain text.</param>
/// <param name="Body">What stands under the title.</param>
/// <param name="FormTarget">An http origin that the page's form may lead to; https ones may be reached anyway.</param>
internal sealed record OwnerPage(int Status, string Title, Html Body, Uri? FormTarget = null) : IResult
{
    public const string StyleSheet = """
        :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
        body { margin: 0; display: grid; min-height: 100vh; place-items: center; }
        main { max-width: 30rem; padding: 2rem; }
        h1 { font-size: 1.5rem; line-height: 1.25; }
        h1, p, li { overflow-wrap: anywhere; }
        a { color: inherit; }
        button { font: inherit; padding: .6rem 1.2rem; border: 0; border-radius: .4rem; background: #1f6f43; color: #fff; cursor: pointer; }
        button:focus-visible { outline: 3px solid #8ac7a4; outline-offset: 2px; }
        small { opacity: .75; }
        """;

    // A page that everybody gets, a refusal above all, is made once.
    private byte[]? _rendered;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        // Browsers hold a form's whole chain of redirects against form-action, and services send owners on to login hosts of their own.
        var target = FormTarget is { Scheme: "http" } http ? $" {http.GetLeftPart(UriPartial.Authority)}" : "";
        response.Headers.ContentSecurityPolicy = $"default-src 'none'; style-src 'self'; form-action 'self' https:{target}; base-uri 'none'; frame-ancestors 'none'";
        response.StatusCode = Status;
        response.ContentType = "text/html; charset=utf-8";
        var body = _rendered ??= Encoding.UTF8.GetBytes(Render().Markup);
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, httpContext.RequestAborted).AsTask();
    }

    /// <summary>Whether an address is one of those that owners' browsers open.</summary>
    public static bool IsFor(PathString path) => path.StartsWithSegments("/connect") || path.StartsWithSegments("/oauth");

    /// <summary>An address without a page, or a method that it does not take, asks nobody for a key.</summary>
    public static Task AnswerUnroutedAsync(HttpContext context, RequestDelegate next)
    {
        var endpoint = context.GetEndpoint();
        return !IsFor(context.Request.Path) || endpoint?.Metadata.GetMetadata<IAllowAnonymous>() is not null
            ? next(context)
            : endpoint?.RequestDelegate is { } notAllowed ? notAllowed(context) : OwnerPages.NoSuchLink.ExecuteAsync(context);
    }

    private Html Render() => Html.Of($"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <title>{Title}</title>
        <link rel="stylesheet" href="/connect/style.css">
        </head>
        <body><main>
        <h1>{Title}</h1>
        {Body}
        </main></body>
        </html>

        """);
}
