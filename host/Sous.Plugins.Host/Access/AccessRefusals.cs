using System.Globalization;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Routing;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Access;

/// <summary>Answers a refused caller with problem details, and audits the refusal first. A flood of them is counted, not written.</summary>
internal sealed class AccessRefusals(IRegistry registry, TimeProvider clock) : IAuthorizationMiddlewareResultHandler
{
    /// <summary>Entries written in one minute; the rest are summed up in the next minute's first.</summary>
    public const int EntriesPerMinute = 30;

    private readonly Lock _gate = new();
    private DateTimeOffset _minute;
    private int _written;
    private int _unwritten;

    public async Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Succeeded)
        {
            await next(context);
            return;
        }

        var hidden = authorizeResult.AuthorizationFailure?.FailureReasons.Any(static reason => reason.Message == AccessHandler.Hidden) == true;
        var answer = authorizeResult.Challenged ? Problems.Unauthenticated() : hidden ? Problems.NotFound() : Problems.Forbidden();
        await AuditAsync(context, answer.StatusCode);
        if (authorizeResult.Challenged)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
        }

        await answer.ExecuteAsync(context);
    }

    private async Task AuditAsync(HttpContext context, int status)
    {
        if (!TryTake(out var summedUp))
        {
            return;
        }

        // The route's pattern, not the path: a path is the caller's text and may hold anything.
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText?.TrimEnd('/') ?? "no such route";
        var detail = string.Create(CultureInfo.InvariantCulture, $"{status} {Method(context.Request.Method)} {route}");
        detail = summedUp == 0 ? detail : string.Create(CultureInfo.InvariantCulture, $"{detail}; {summedUp} more in an earlier minute");
        var entry = AuditEntry.Make(clock.GetUtcNow(), context.Features.Get<Caller>()?.KeyId ?? AuditEntry.Nobody, "access.denied", detail: detail);
        await registry.WriteAsync(transaction => transaction.Put(AuditEntry.Collection, entry), context.RequestAborted);
    }

    private bool TryTake(out int summedUp)
    {
        lock (_gate)
        {
            summedUp = 0;
            var now = clock.GetUtcNow();
            if (now - _minute >= TimeSpan.FromMinutes(1))
            {
                _minute = now;
                _written = 0;
                summedUp = _unwritten;
                _unwritten = 0;
            }

            if (_written == EntriesPerMinute)
            {
                _unwritten++;
                return false;
            }

            _written++;
            return true;
        }
    }

    private static string Method(string method) => HttpMethods.GetCanonicalizedValue(method) is { Length: < 8 } known ? known : "other";
}
