using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Dashboard.SignIn;

/// <summary>How often one client may try a key.</summary>
internal sealed class SignInLimit : IRateLimiterPolicy<int>
{
    public const string Name = "dashboard_sign_in";
    public const int PerMinute = 10;

    public Func<OnRejectedContext, CancellationToken, ValueTask>? OnRejected => static (rejected, _) =>
    {
        Problems.AskToWait(rejected.HttpContext.Response, TimeSpan.FromMinutes(1));
        return new ValueTask(DashboardPages.SignIn(StatusCodes.Status429TooManyRequests, "Too many keys were tried. Please wait a minute.").ExecuteAsync(rejected.HttpContext));
    };

    public RateLimitPartition<int> GetPartition(HttpContext httpContext) => RateLimitPartition.GetFixedWindowLimiter(
        ClientPartition.Of(httpContext.Connection.RemoteIpAddress),
        static _ => new FixedWindowRateLimiterOptions { PermitLimit = PerMinute, Window = TimeSpan.FromMinutes(1) });
}
