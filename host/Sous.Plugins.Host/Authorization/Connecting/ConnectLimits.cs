using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>The limits on connecting, by tenant for the API and by client for the browser. A refusal touches neither store.</summary>
internal static class ConnectLimits
{
    public const string Sessions = "connect_sessions";
    public const string Pages = "connect_pages";
    public const string Callbacks = "callbacks";

    public static IServiceCollection AddConnectLimits(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<ConnectLimitsOptions, ConnectLimitsOptionsValidator>().BindConfiguration("ConnectLimits");

        // The tenant exists and the key reaches it: authorization comes first, so nobody else can use a tenant's share up.
        return services
            .AddLimit(Sessions, static limits => limits.SessionsPerMinute, static context => context.Request.RouteValues["tenant"] as string ?? "")
            .AddLimit(Pages, static limits => limits.PagesPerMinute, ClientOf)
            .AddLimit(Callbacks, static limits => limits.CallbacksPerMinute, ClientOf);
    }

    private static IServiceCollection AddLimit(this IServiceCollection services, string name, Func<ConnectLimitsOptions, int> perMinute, Func<HttpContext, object> keyOf)
        => services.AddSingleton(provider => new RequestLimit(name, perMinute(provider.GetRequiredService<IOptions<ConnectLimitsOptions>>().Value), keyOf, Refuse));

    private static object ClientOf(HttpContext context) => ClientPartition.Of(context.Connection.RemoteIpAddress);

    private static IResult Refuse(HttpContext context) => OwnerPage.IsFor(context.Request.Path)
        ? OwnerPages.TooMany
        : Problems.TooMany("rate_limited", "This tenant makes connect sessions too fast. Others are not affected.");
}
