using Microsoft.AspNetCore.Http.Features;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.Idempotency;
using Sous.Plugins.Host.Http.OpenApi;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Live.Proxy;

/// <summary><c>…/connections/{id}/proxy/{path}</c>: a call of the caller's own to the connection's service, with the host's authorization and within its limits.</summary>
internal static class ProxyEndpoint
{
    public static void MapProxy(this IEndpointRouteBuilder tenant)
    {
        var proxy = tenant.MapGroup("connections/{id}/proxy")
            .WithMetadata(PassedOn.Route)
            .Refuses(StatusCodes.Status403Forbidden, "forbidden")
            .Refuses(StatusCodes.Status502BadGateway, ProxyAnswer.TooLarge);
        foreach (var method in (string[])["Get", "Head", "Post", "Put", "Patch", "Delete"])
        {
            var route = proxy.MapMethods("{**path}", [method.ToUpperInvariant()], PassOnAsync)
                .Describe(
                    $"proxy{method}",
                    $"Passes a {method.ToUpperInvariant()} on to the connection's service",
                    "Query, body and the service's own headers go to its API address joined with the path, with the host's authorization. What the service answers, a refusal too, comes back as it is, and has the header `Sous-Answered-By`. "
                    + "Where a client sees several tenants' accounts (`client_credentials`) it is for admin keys.")
                .TakesRest("path", "The path below the service's API address, its slashes as they are.")
                .Produces<Stream>(StatusCodes.Status200OK, "application/octet-stream");
            if (!IsSafe(method))
            {
                route.Refuses(StatusCodes.Status413PayloadTooLarge, "invalid");
            }
        }
    }

    /// <summary>One call. Whatever ends it, the driver's place is free afterwards.</summary>
    public static async Task<IResult> PassOnAsync(
        TenantId tenant, ConnectionId id, HttpContext context, Caller caller, LiveDrivers drivers, IRegistry registry, TimeProvider clock, CancellationToken cancellationToken)
    {
        // Before a place of the driver is taken: the caller may be slow.
        var body = await ReadBodyAsync(context, cancellationToken);
        var (driver, refusal) = await drivers.OpenAsync(tenant, id, caller, cancellationToken);
        if (driver is null)
        {
            return refusal ?? Problems.NotFound();
        }

        ProxyAnswer? answer = null;
        try
        {
            var fault = IsSafe(context.Request.Method) && body is { Length: > 0 } ? ("body", $"A {context.Request.Method} has no body.") : ProxyHeaders.FaultOf(context.Request.Headers);
            if (fault is not null || ProxyTarget.Of(driver, context) is not { } target)
            {
                return Problems.Invalid(fault ?? ("path", ProxyTarget.Rule));
            }

            if (!IsSafe(context.Request.Method))
            {
                // Before the service hears of it: who hangs up would leave no trace otherwise.
                await registry.AppendAsync(AuditEntry.Make(clock.GetUtcNow(), caller.KeyId, "proxy.passed_on", tenant, id.Value, HttpMethods.GetCanonicalizedValue(context.Request.Method)), cancellationToken);
            }

            return answer = new ProxyAnswer(driver, target, body);
        }
        finally
        {
            // The answer frees it once it is given. Where there is none, refused, the caller gone or the store away, it is free now.
            if (answer is null)
            {
                await driver.DisposeAsync();
            }
        }
    }

    private static async Task<byte[]?> ReadBodyAsync(HttpContext context, CancellationToken cancellationToken)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody != true)
        {
            return null;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, cancellationToken);
        return body.ToArray();
    }

    private static bool IsSafe(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);
}
