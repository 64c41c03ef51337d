using System.Diagnostics.Metrics;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Http.OpenApi;

namespace Sous.Plugins.Host.Hosts;

/// <summary>Who works, who helps, and who stands by.</summary>
internal static class HostsRoom
{
    public static IServiceCollection AddHosts(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<HostsOptions, HostsOptionsValidator>().BindConfiguration("Hosts");
        return services.AddSingleton<HostList>().AddHostMetrics(HostState.Works);
    }

    /// <summary>Tells it once somebody has asked for <see cref="HostMetrics"/>.</summary>
    public static IServiceCollection AddHostMetrics(this IServiceCollection services, HostState state)
        => services.AddSingleton(provider => new HostMetrics(provider.GetRequiredService<IMeterFactory>(), state));

    /// <summary><c>/api/v1/hosts</c>.</summary>
    public static void MapHosts(this IEndpointRouteBuilder routes) => routes.MapGroup("/api/v1/hosts").RequireAccess(AccessLevel.Admin)
        .MapGet("", static async (HostList hosts, CancellationToken cancellationToken) => TypedResults.Ok(ItemList.Of(await hosts.ListAsync(cancellationToken))))
        .Describe("listHosts", "Lists the hosts", "The one that works, and those on the same database that help it, or stand by to take over.");
}
