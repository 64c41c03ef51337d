using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>The callback of all services: one handler, an address per driver.</summary>
internal sealed class CallbackEndpoint(
    AuthorizationCallback callback,
    CodeRedemption redemption,
    DriverLookup drivers,
    SessionCookie cookie,
    ReturnAddress returnAddress)
{
    private static readonly string[] s_purposes = ["Sec-Purpose", "Purpose", "X-Moz"];

    public static void Map(IEndpointRouteBuilder routes)
        => routes.MapMethods("/oauth/callback/{driver}", OwnerPages.Reading, static (string driver, HttpContext context, CallbackEndpoint endpoint) => endpoint.ReceiveAsync(new DriverId(driver), context))
            .AllowAnonymous()
            .RequireRateLimiting(ConnectLimits.Callbacks);

    private async Task<IResult> ReceiveAsync(DriverId driver, HttpContext context)
    {
        if (HttpMethods.IsHead(context.Request.Method) || IsPrefetch(context.Request))
        {
            return TypedResults.NoContent();
        }

        // What the browser does next must not decide over a code that is already ours.
        var end = await callback.ReceiveAsync(driver, context.Request.Query, name => cookie.Read(context.Request, name), CancellationToken.None);
        if (end.Session is not { } session)
        {
            return OwnerPages.Refused;
        }

        cookie.Delete(context.Response, StateSigner.CookieName(context.Request.Query["state"].ToString()));
        if (end.Completion is not { } completion)
        {
            return OwnerPages.Tell(session, drivers(driver)?.Manifest.Name ?? driver.Value, StatusCodes.Status200OK, returnAddress.FindToTell(session));
        }

        if (session.Completion == CompletionMode.Automatic)
        {
            await redemption.RedeemAsync(session.Tenant, session.Id, Confirmation.Automatic, CancellationToken.None);
        }

        // Away from an address that holds a code: to the platform, or to a page that says how it stands.
        return new SeeOther(returnAddress.FindToComplete(session, completion) ?? new Uri($"/connect/end/{session.Id}", UriKind.Relative));
    }

    private static bool IsPrefetch(HttpRequest request)
        => s_purposes.Any(name => request.Headers[name].ToString().Contains("prefetch", StringComparison.OrdinalIgnoreCase));
}
