namespace Sous.Plugins.Host.Dashboard;

/// <summary>Lets a page's own buttons change something, and no other site's. The cookie stays away from those already; this also holds for signing in.</summary>
internal sealed class SameOrigin : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
        => Allows(context.HttpContext.Request) ? next(context) : ValueTask.FromResult<object?>(DashboardPages.ElsewhereRefused);

    // Browsers name the site over https and on loopback; elsewhere the origin is all there is. Who sends neither is no page of ours.
    private static bool Allows(HttpRequest request)
        => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)
            || (request.Headers["Sec-Fetch-Site"] is { Count: > 0 } site
                ? site == "same-origin"
                : Uri.TryCreate(request.Headers.Origin, UriKind.Absolute, out var origin) && origin.Authority == new Uri($"{origin.Scheme}://{request.Host}").Authority);
}
