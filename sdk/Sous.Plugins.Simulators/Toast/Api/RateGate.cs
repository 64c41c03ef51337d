using System.Globalization;

namespace Sous.Plugins.Simulators.Toast.Api;

/// <summary>Toast's rate limits, by client and restaurant, or by client alone where no restaurant is named. Counts in fixed windows.</summary>
internal sealed class RateGate(TimeProvider clock)
{
    private static readonly Limit[] Limits =
    [
        new("ENDPOINT", "/orders/v2/ordersBulk", 5, 1),
        new("ENDPOINT", "/menus/v2/menus", 1, 1),
        new("GLOBAL", "/", 20, 1),
        new("GLOBAL", "/", 10_000, 900),
    ];

    private readonly Lock _gate = new();
    private readonly Dictionary<(int Limit, string Caller), (long Window, int Count)> _counts = [];

    /// <exception cref="ToastFault">One limit is used up; the answer's headers say which, and when it is free again.</exception>
    public void Pass(HttpContext context)
    {
        var caller = context.Request.Headers[ToastRoutes.RestaurantHeader].ToString();
        var now = clock.GetUtcNow().ToUnixTimeSeconds();
        lock (_gate)
        {
            var tightest = Enumerable.Range(0, Limits.Length)
                .Where(i => context.Request.Path.StartsWithSegments(Limits[i].Path.TrimEnd('/')))
                .Select(i => Take(i, caller, now))
                .MinBy(left => left.Remaining);
            var headers = context.Response.Headers;
            headers["X-Toast-RateLimit-By"] = tightest.Limit.By;
            headers["X-Toast-RateLimit-Remaining"] = Math.Max(0, tightest.Remaining).ToString(CultureInfo.InvariantCulture);
            headers["X-Toast-RateLimit-Reset"] = tightest.Reset.ToString(CultureInfo.InvariantCulture);
            if (tightest.Remaining < 0)
            {
                headers.RetryAfter = Math.Max(1, tightest.Reset - now).ToString(CultureInfo.InvariantCulture);
                throw ToastFault.Of(StatusCodes.Status429TooManyRequests);
            }
        }
    }

    private (Limit Limit, int Remaining, long Reset) Take(int index, string caller, long now)
    {
        var limit = Limits[index];
        var window = now / limit.Seconds;
        var known = _counts.GetValueOrDefault((index, caller));
        var count = known.Window == window ? known.Count + 1 : 1;
        _counts[(index, caller)] = (window, count);
        return (limit, limit.Requests - count, (window + 1) * limit.Seconds);
    }

    private sealed record Limit(string By, string Path, int Requests, int Seconds);
}
