using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Dashboard;

/// <summary>A page of the dashboard: whole without a script, nothing from elsewhere, nothing kept, no frame.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Title">Plain text.</param>
/// <param name="Body">What stands under the title.</param>
internal sealed record DashboardPage(int Status, string Title, Html Body) : IResult
{
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>Where a script learns that it is to be shown anew, see <see cref="PageChanges"/>; null for one that stays as it is.</summary>
    public string? Changes { get; init; }

    /// <summary>What is told there while it is up to date: as it was before anything was read, since what comes in between is news.</summary>
    public string? State { get; init; }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.Headers.ContentSecurityPolicy = Policy;

        // Without any referrer browsers leave the origin of a form out too, and it is what tells our forms from others'.
        response.Headers["Referrer-Policy"] = "same-origin";
        response.StatusCode = Status;
        response.ContentType = "text/html; charset=utf-8";
        var body = Encoding.UTF8.GetBytes(Render(httpContext.Features.Get<Caller>()).Markup);
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, httpContext.RequestAborted).AsTask();
    }

    /// <summary>Whether an address is the dashboard's.</summary>
    public static bool IsFor(PathString path) => path == "/" || path.StartsWithSegments("/dashboard");

    /// <summary>A refusal as whoever asked can read it: a page, or the problem as it is.</summary>
    public static IResult Or(ProblemHttpResult problem, HttpContext context)
        => !IsFor(context.Request.Path) ? problem
            : problem.StatusCode == StatusCodes.Status401Unauthorized && IsReading(context.Request) ? new SeeOther(DashboardPages.SignInAddress)
            : DashboardPages.Of(problem);

    // Whoever looks is shown the way in; whoever presses a button of a session that has ended is refused.
    private static bool IsReading(HttpRequest request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);

    private Html Render(Caller? caller) => Html.Of($"""
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <title>{Title} · Sous.Plugins</title>
        <link rel="stylesheet" href="{DashboardAssets.Style.Address}">
        <script type="module" src="{DashboardAssets.Script.Address}"></script>
        <link rel="icon" href="data:,">
        </head>
        <body>
        <a class="skip" href="#main">Skip to the content</a>
        {(caller is null ? default : Header(caller))}
        <main id="main"{(Changes is null ? default : Html.Of($" data-changes=\"{Changes}\""))}{(State is null ? default : Html.Of($" data-state=\"{State}\""))}>
        <h1>{Title}</h1>
        {Body}
        </main>
        </body>
        </html>

        """);

    private static Html Header(Caller caller) => Html.Of($"""
        <header>
        <nav aria-label="Pages">
        <a href="/">Connections</a>
        <a href="/dashboard/locations">Locations</a>
        <a href="/dashboard/days">Days</a>
        <a href="/dashboard/deliveries">Deliveries</a>
        <a href="/dashboard/events">Events</a>
        <a href="/dashboard/drivers">Drivers</a>
        {(caller.IsAdmin ? Html.Of($"<a href=\"/dashboard/hosts\">Hosts</a>") : default)}
        </nav>
        <form method="post" action="/dashboard/sign-out">
        <span>{(caller.Scope.Tenant is { } tenant ? $"Tenant {tenant}" : "All tenants")}</span>
        <button class="quiet">Sign out</button>
        </form>
        </header>
        """);
}
