using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>
/// The owner's page behind the address in <c>connection.needs_reconnect</c>. Looking at it makes nothing; its button makes the connect
/// session, or takes the one that is open already, and goes on from there as any other.
/// </summary>
internal sealed class ReconnectPageEndpoint(
    ReconnectLinks links, ConnectSessions sessions, AuthorizationStart start, DriverLookup drivers, ClientRegistrations clients, IRegistry registry, ReturnAddress returnAddress, SessionCookie cookie, TimeProvider clock)
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/connect/again").AllowAnonymous().RequireRateLimiting(ConnectLimits.Pages);
        pages.MapMethods("{token}", OwnerPages.Reading, static (string token, ReconnectPageEndpoint endpoint, CancellationToken cancel) => endpoint.ShowAsync(token, cancel));
        pages.MapPost("{token}", static (string token, HttpContext context, ReconnectPageEndpoint endpoint) => endpoint.StartAsync(token, context));
    }

    private async Task<IResult> ShowAsync(string token, CancellationToken cancellationToken)
    {
        var (ready, page) = await ReadAsync(token, StatusCodes.Status200OK, cancellationToken);
        return ready is null
            ? page
            : OwnerPages.Ask(ready.Session, ready.Driver.Manifest, ready.Tenant, ServiceAddresses.For(ready.Driver.Manifest.Authorization, ready.Client), returnAddress.Find(ready.Session));
    }

    private async Task<IResult> StartAsync(string token, HttpContext context)
    {
        var (ready, page) = await ReadAsync(token, StatusCodes.Status409Conflict, context.RequestAborted);
        if (ready is null)
        {
            return page;
        }

        var made = await FindOpenAsync(ready.Session, context.RequestAborted) is { } open ? new ConnectSessionMade(open) : await MakeAsync(ready, token, context.RequestAborted);
        if (made.Wait is not null)
        {
            return OwnerPages.TooMany;
        }

        if (made.Session is not { } session || await start.StartAsync(session, ready.Driver, ready.Client, context.RequestAborted) is not { } started)
        {
            return OwnerPages.NotReady(ready.Driver.Manifest.Name);
        }

        cookie.Set(context.Response, started.State);
        return new SeeOther(started.Address);
    }

    private Task<ConnectSessionMade> MakeAsync(Ready ready, string token, CancellationToken cancellationToken) => sessions.CreateAsync(
        new NewConnectSession(ready.Connection.Driver.Value, ready.Session.ReturnTo),
        ready.Connection.Tenant,
        ready.Connection,
        new Caller(AuditEntry.Browser, new KeyScope(ready.Connection.Tenant)),
        token,
        cancellationToken);

    /// <returns>All that the owner needs to go on, or the page that says why there is nothing to go on with.</returns>
    private async Task<(Ready? Ready, OwnerPage Page)> ReadAsync(string token, int statusWhenDone, CancellationToken cancellationToken)
    {
        if (await links.ReadAsync(token, cancellationToken) is not { } link
            || await registry.FindAsync(Connection.Collection, link.Connection.Value, cancellationToken) is not { IsGone: false } connection)
        {
            return (null, OwnerPages.NoSuchLink);
        }

        var driver = drivers(connection.Driver);
        var service = driver?.Manifest.Name ?? connection.Driver.Value;
        if (connection.Status != ConnectionStatus.NeedsReconnect || await IsUsedUpAsync(link, cancellationToken))
        {
            return (null, OwnerPages.NothingToRenew(service, statusWhenDone));
        }

        if (driver is null || !clients.TryGet(connection.Driver, out var client, out _) || await registry.FindAsync(Tenant.Collection, connection.Tenant.Value, cancellationToken) is not { } tenant)
        {
            return (null, OwnerPages.NotReady(service));
        }

        var now = clock.GetUtcNow();
        var draft = new ConnectSession
        {
            Id = "",
            Tenant = connection.Tenant,
            Driver = connection.Driver,
            Connection = connection.Id,
            ReturnTo = link.ReturnTo,
            TokenHash = RandomText.Hash(token),
            CreatedAt = now,
            ExpiresAt = now + ConnectSession.Life,
        };
        return (new Ready(connection, driver, client, tenant, draft), OwnerPages.NoSuchLink);
    }

    // A grant that came after the event ends what the event's link can do, also where that grant is gone again.
    private async ValueTask<bool> IsUsedUpAsync(ReconnectLink link, CancellationToken cancellationToken)
        => (await registry.FindAsync(Credential.Collection, link.Connection.Value, cancellationToken))?.ObtainedAt > link.At;

    private async ValueTask<ConnectSession?> FindOpenAsync(ConnectSession draft, CancellationToken cancellationToken)
        => (await registry.ListAsync(ConnectSession.Collection, "", cancellationToken)).FirstOrDefault(session =>
            session.Connection == draft.Connection && session.TokenHash == draft.TokenHash
            && session.Status is ConnectSessionStatus.Created or ConnectSessionStatus.Started && draft.CreatedAt < session.ExpiresAt);

    /// <param name="Session">As it will be made.</param>
    private sealed record Ready(Connection Connection, LoadedDriver Driver, ClientRegistration Client, Tenant Tenant, ConnectSession Session);
}
