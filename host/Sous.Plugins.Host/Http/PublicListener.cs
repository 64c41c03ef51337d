namespace Sous.Plugins.Host.Http;

/// <summary>
/// What answers on <c>SOUS_PublicListen</c>: what owners' browsers and services call, and whether the host is well. All else is not there, with whatever
/// key, so that a proxy that passes on everything opens no API.
/// </summary>
internal static class PublicListener
{
    private static readonly PathString[] s_served = ["/connect", "/oauth", "/webhooks", "/health"];

    public static void UsePublicListener(this WebApplication app)
    {
        var ports = ListenAddresses.ReadPublic(app.Configuration).Select(ListenAddresses.PortOf).ToHashSet();
        if (ports.Count > 0)
        {
            app.Use((context, next) =>
            {
                if (!ports.Contains(context.Connection.LocalPort) || Array.Exists(s_served, path => context.Request.Path.StartsWithSegments(path)))
                {
                    return next(context);
                }

                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            });
        }
    }
}
