using System.Threading.RateLimiting;
using Microsoft.AspNetCore.RateLimiting;

namespace Sous.Plugins.Host.Http;

/// <summary>
/// Refuses what is one too many, by the limit that its endpoint names. The framework's own middleware makes a limiter, with a timer ten times a
/// second, for each place that it stands at, and none ends with its host.
/// </summary>
internal sealed class RequestLimits : IDisposable
{
    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, RequestLimit> _limits;
    private readonly PartitionedRateLimiter<(RequestLimit Limit, object Key)> _limiter;

    public RequestLimits(IEnumerable<RequestLimit> limits)
    {
        _limits = limits.ToDictionary(static limit => limit.Name, StringComparer.Ordinal);
        _limiter = PartitionedRateLimiter.Create<(RequestLimit Limit, object Key), (string, object)>(static asked => RateLimitPartition.GetFixedWindowLimiter(
            (asked.Limit.Name, asked.Key), _ => new FixedWindowRateLimiterOptions { PermitLimit = asked.Limit.PerMinute, Window = s_window }));
    }

    public async Task ServeAsync(HttpContext context, RequestDelegate next)
    {
        if (FindLimit(context.GetEndpoint()) is { } limit && FindWait((limit, limit.KeyOf(context))) is { } wait)
        {
            Problems.AskToWait(context.Response, wait);
            await limit.Refuse(context).ExecuteAsync(context);
            return;
        }

        await next(context);
    }

    public void Dispose() => _limiter.Dispose();

    private RequestLimit? FindLimit(Endpoint? endpoint)
        => endpoint?.Metadata.GetMetadata<DisableRateLimitingAttribute>() is null && endpoint?.Metadata.GetMetadata<EnableRateLimitingAttribute>()?.PolicyName is { } name ? _limits[name] : null;

    /// <summary>How long to wait; null where it may go on.</summary>
    private TimeSpan? FindWait((RequestLimit, object) asked)
    {
        using var lease = _limiter.AttemptAcquire(asked);
        return lease.IsAcquired ? null : lease.TryGetMetadata(MetadataName.RetryAfter, out var told) ? told : s_window;
    }
}
