using Microsoft.AspNetCore.Authorization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Access;

internal sealed record AccessRequirement(AccessLevel Level) : IAuthorizationRequirement;

internal sealed class AccessHandler(IRegistry registry) : AuthorizationHandler<AccessRequirement>
{
    /// <summary>The reason of a refusal that must look like absence.</summary>
    public const string Hidden = "hidden";

    protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, AccessRequirement requirement)
    {
        if (context.Resource is not HttpContext http)
        {
            return;
        }

        if (requirement.Level == AccessLevel.AdminOrThisMachine && LoopbackAddress.IsFrom(http))
        {
            context.Succeed(requirement);
            return;
        }

        if (http.Features.Get<Caller>() is not { } caller)
        {
            return;
        }

        var allowed = requirement.Level switch
        {
            AccessLevel.Key => true,
            AccessLevel.Admin or AccessLevel.AdminOrThisMachine => caller.IsAdmin,
            _ => await ReachesAsync(http, caller),
        };
        if (allowed)
        {
            context.Succeed(requirement);
        }
        else if (requirement.Level == AccessLevel.Tenant)
        {
            context.Fail(new AuthorizationFailureReason(this, Hidden));
        }
    }

    private async Task<bool> ReachesAsync(HttpContext http, Caller caller)
        => TenantId.TryParse(http.GetRouteValue("tenant") as string, out var tenant)
            && caller.Reaches(tenant)
            && await registry.FindAsync(Tenant.Collection, tenant.Value, http.RequestAborted) is not null;
}
