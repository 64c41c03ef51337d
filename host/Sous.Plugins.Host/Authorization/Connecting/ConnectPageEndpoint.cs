using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>The owner's page. Looking at it consumes nothing, so link previews are harmless; its button starts.</summary>
internal sealed class ConnectPageEndpoint(
    ConnectSessions sessions,
    AuthorizationStart start,
    DriverLookup drivers,
    ClientRegistrations clients,
    IRegistry registry,
    ReturnAddress returnAddress,
    SessionCookie cookie,
    TimeProvider clock)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/connect").AllowAnonymous().RequireRateLimiting(ConnectLimits.Pages);
        pages.MapMethods("style.css", OwnerPages.Reading, static (HttpContext context) =>
        {
            context.Response.Headers.CacheControl = "max-age=3600";
            return TypedResults.Text(OwnerPage.StyleSheet, "text/css");
        }).DisableRateLimiting();
        pages.MapMethods("end/{session}", OwnerPages.Reading, static (string session, ConnectPageEndpoint endpoint, CancellationToken token) => endpoint.TellAsync(session, token));
        pages.MapMethods("{token}", OwnerPages.Reading, static (string token, ConnectPageEndpoint endpoint, CancellationToken cancel) => endpoint.ShowAsync(token, cancel));
        pages.MapPost("{token}", static (string token, HttpContext context, ConnectPageEndpoint endpoint) => endpoint.StartAsync(token, context));
    }

    private async Task<IResult> ShowAsync(string token, CancellationToken cancellationToken)
    {
        if (await sessions.FindByTokenAsync(token, cancellationToken) is not { } session)
        {
            return OwnerPages.NoSuchLink;
        }

        if (!IsOpen(session))
        {
            return Tell(session, StatusCodes.Status200OK);
        }

        if (drivers(session.Driver) is not { } driver
            || !clients.TryGet(session.Driver, out var client, out _)
            || await registry.FindAsync(Tenant.Collection, session.Tenant.Value, cancellationToken) is not { } tenant)
        {
            return OwnerPages.NotReady(NameOf(session));
        }

        return OwnerPages.Ask(session, driver.Manifest, tenant, ServiceAddresses.For(driver.Manifest.Authorization, client), returnAddress.Find(session));
    }

    private async Task<IResult> StartAsync(string token, HttpContext context)
    {
        if (await sessions.FindByTokenAsync(token, context.RequestAborted) is not { } session)
        {
            return OwnerPages.NoSuchLink;
        }

        if (!IsOpen(session))
        {
            return Tell(session, StatusCodes.Status409Conflict);
        }

        if (drivers(session.Driver) is not { } driver || !clients.TryGet(session.Driver, out var client, out _))
        {
            return OwnerPages.NotReady(NameOf(session));
        }

        if (await start.StartAsync(session, driver, client, context.RequestAborted) is not { } started)
        {
            return Tell(session, StatusCodes.Status409Conflict);
        }

        cookie.Set(context.Response, started.State);
        return new SeeOther(started.Address);
    }

    private async Task<IResult> TellAsync(string sessionId, CancellationToken cancellationToken)
        => (await registry.FindAsync(ConnectSession.Collection, sessionId, cancellationToken))?.At(clock.GetUtcNow()) is { } session
            ? Tell(session, StatusCodes.Status200OK)
            : OwnerPages.NoSuchLink;

    private OwnerPage Tell(ConnectSession session, int status) => OwnerPages.Tell(session, NameOf(session), status, returnAddress.FindToTell(session));

    private bool IsOpen(ConnectSession session)
        => session.Status is ConnectSessionStatus.Created or ConnectSessionStatus.Started && clock.GetUtcNow() < session.ExpiresAt;

    private string NameOf(ConnectSession session) => drivers(session.Driver)?.Manifest.Name ?? session.Driver.Value;
}
