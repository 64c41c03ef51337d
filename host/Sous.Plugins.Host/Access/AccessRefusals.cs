using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Dashboard;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Access;

/// <summary>Answers a refused caller with problem details.</summary>
internal sealed class AccessRefusals : IAuthorizationMiddlewareResultHandler
{
    public async Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Succeeded)
        {
            await next(context);
            return;
        }

        var hidden = authorizeResult.AuthorizationFailure?.FailureReasons.Any(static reason => reason.Message == AccessHandler.Hidden) == true;
        var answer = DashboardPage.Or(authorizeResult.Challenged ? Problems.Unauthenticated() : hidden ? Problems.NotFound() : Problems.Forbidden(), context);
        if (authorizeResult.Challenged && answer is not SeeOther)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
        }

        await answer.ExecuteAsync(context);
    }
}
