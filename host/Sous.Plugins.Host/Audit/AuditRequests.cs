using System.Globalization;
using Microsoft.AspNetCore.Routing;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Live.Proxy;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Audit;

/// <summary>
/// What every request of the API passes: a refusal is in the trail, and so is every change, whether its handler tells more of it in
/// its own write or not, before a byte of the answer leaves.
/// </summary>
internal sealed class AuditRequests(IRegistry registry, AuditDenials denials, TimeProvider clock)
{
    public async Task WatchAsync(HttpContext context, RequestDelegate next)
    {
        // By the request and not by the endpoint: what a new route forgets to say cannot hide it.
        var actor = context.Features.Get<Caller>()?.KeyId ?? AuditEntry.Nobody;
        var witness = AuditWitness.Begin(actor);
        context.Response.OnStarting(() => TellAsync(context, actor, witness));
        await next(context);
    }

    private Task TellAsync(HttpContext context, string actor, AuditWitness witness)
    {
        var status = context.Response.StatusCode;
        if (IsDenial(context, status))
        {
            return denials.TryTake(out var summedUp) ? DenyAsync(context, actor, status, summedUp) : Task.CompletedTask;
        }

        return status < StatusCodes.Status400BadRequest && IsChange(context.Request.Method) && !witness.HasSeen
            ? AppendAsync(context, actor, "request.served", Line(context, status))
            : Task.CompletedTask;
    }

    // What another tenant has is told apart from what nobody has by no caller: a tenant's key that meets neither is one that was refused.
    // A service's own refusal is none of the host's.
    private static bool IsDenial(HttpContext context, int status) => status switch
    {
        _ when context.Features.Get<PassedOn>() is not null => false,
        StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden => true,
        StatusCodes.Status404NotFound => context.GetEndpoint() is not null && context.Features.Get<Caller>() is { IsAdmin: false },
        _ => false,
    };

    private static bool IsChange(string method) => !(HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method));

    private Task DenyAsync(HttpContext context, string actor, int status, int summedUp)
    {
        var line = Line(context, status);
        return AppendAsync(context, actor, "access.denied", summedUp == 0 ? line : string.Create(CultureInfo.InvariantCulture, $"{line}; {summedUp} more in an earlier minute"));
    }

    private Task AppendAsync(HttpContext context, string actor, string action, string detail)
    {
        TenantId? tenant = TenantId.TryParse(context.GetRouteValue("tenant") as string, out var named) && context.Features.Get<Caller>()?.Reaches(named) == true ? named : null;
        return registry.AppendAsync(AuditEntry.Make(clock.GetUtcNow(), actor, action, tenant, detail: detail), CancellationToken.None);
    }

    // The route's pattern, not the path: a path is the caller's text and may hold anything.
    private static string Line(HttpContext context, int status)
    {
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText?.TrimEnd('/') ?? "no such route";
        return string.Create(CultureInfo.InvariantCulture, $"{status} {Method(context.Request.Method)} {route}");
    }

    private static string Method(string method) => HttpMethods.GetCanonicalizedValue(method) is { Length: < 8 } known ? known : "other";
}
