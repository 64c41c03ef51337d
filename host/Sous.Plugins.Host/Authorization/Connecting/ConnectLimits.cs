using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>The limits on connecting, by tenant for the API and by client for the browser. A refusal touches neither store.</summary>
internal static class ConnectLimits
{
    public const string Sessions = "connect_sessions";
    public const string Pages = "connect_pages";
    public const string Callbacks = "callbacks";

    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(1);

    public static IServiceCollection AddConnectLimits(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<ConnectLimitsOptions, ConnectLimitsOptionsValidator>().BindConfiguration("ConnectLimits");
        services.AddRateLimiter(static _ => { });
        services.AddOptions<RateLimiterOptions>().Configure<IOptions<ConnectLimitsOptions>>(static (limiter, limits) => Configure(limiter, limits.Value));
        return services;
    }

    private static void Configure(RateLimiterOptions limiter, ConnectLimitsOptions limits)
    {
        limiter.OnRejected = static (rejected, _) => RefuseAsync(rejected);

        // The tenant exists and the key reaches it: authorization comes first, so nobody else can use a tenant's share up.
        limiter.AddPolicy(Sessions, context => Partition(context.Request.RouteValues["tenant"] as string ?? "", limits.SessionsPerMinute));
        limiter.AddPolicy(Pages, context => Partition(ClientPartition.Of(context.Connection.RemoteIpAddress), limits.PagesPerMinute));
        limiter.AddPolicy(Callbacks, context => Partition(ClientPartition.Of(context.Connection.RemoteIpAddress), limits.CallbacksPerMinute));
    }

    private static RateLimitPartition<TKey> Partition<TKey>(TKey key, int permits)
        => RateLimitPartition.GetFixedWindowLimiter(key, _ => new FixedWindowRateLimiterOptions { PermitLimit = permits, Window = s_window });

    private static ValueTask RefuseAsync(OnRejectedContext rejected)
    {
        var context = rejected.HttpContext;
        var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var told) ? told : s_window;
        Problems.AskToWait(context.Response, wait);
        IResult answer = OwnerPage.IsFor(context.Request.Path)
            ? OwnerPages.TooMany
            : Problems.TooMany("rate_limited", "This tenant makes connect sessions too fast. Others are not affected.");
        return new ValueTask(answer.ExecuteAsync(context));
    }
}
