using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Backup;

namespace Sous.Plugins.Host.Access;

internal static class AccessRoom
{
    /// <summary>Keys, and the rule that an endpoint which says nothing takes only callers with a key. Needs a registry and a clock.</summary>
    public static IServiceCollection AddAccess(this IServiceCollection services)
    {
        services.AddAdoption().AddAuditOfRequests().AddSingleton<HostKey>().AddSingleton<KeyStore>()
            .AddSingleton<IAuthorizationHandler, AccessHandler>()
            .AddSingleton<IAuthorizationMiddlewareResultHandler, AccessRefusals>();
        services.AddAuthentication(ApiKeyHandler.SchemeName).AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(ApiKeyHandler.SchemeName, null);
        services.AddAuthorizationBuilder().SetFallbackPolicy(Policy(AccessLevel.Key));
        return services;
    }

    /// <summary>Says which keys an endpoint, or a group of them, takes.</summary>
    public static TBuilder RequireAccess<TBuilder>(this TBuilder endpoints, AccessLevel level)
        where TBuilder : IEndpointConventionBuilder
        => endpoints.RequireAuthorization(Policy(level));

    private static AuthorizationPolicy Policy(AccessLevel level)
    {
        var policy = new AuthorizationPolicyBuilder().AddRequirements(new AccessRequirement(level));
        return (level == AccessLevel.AdminOrThisMachine ? policy : policy.RequireAuthenticatedUser()).Build();
    }
}
