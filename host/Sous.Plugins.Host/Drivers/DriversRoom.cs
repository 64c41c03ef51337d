using Microsoft.Extensions.DependencyInjection.Extensions;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Drivers.Egress;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Drivers.Entries;
using Sous.Plugins.Host.Drivers.Generations;
using Sous.Plugins.Host.Drivers.Inspection;
using Sous.Plugins.Host.Drivers.Sharing;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Drivers;

/// <summary>The room that reads plugins.json, loads drivers and makes them for connections.</summary>
internal static class DriversRoom
{
    /// <summary>Adds the room. Whoever starts the host awaits <see cref="DriverCatalog.LoadAsync(CancellationToken)"/> before it serves.</summary>
    public static IServiceCollection AddDrivers(this IServiceCollection services)
    {
        services.AddOptions<DriversOptions>().BindConfiguration("")
            .PostConfigure<IConfiguration>(static (options, configuration) => options.Exposed = LoopbackAddress.FindOther(ListenAddresses.ReadWithPublic(configuration)));
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<DriverWebhooks>(static (_, _) => default);
        services.TryAddSingleton<DriverTrial>(static (_, _) => Task.FromResult<Finding?>(null));
        services.AddDefects();
        services.AddBudgets();
        services.AddSingleton<DriverCache>();
        services.AddSingleton<DriverLoader>();
        services.AddSingleton<DriverCatalog>();
        services.AddAdoption();
        services.AddSingleton<EgressMetrics>();
        services.AddSingleton<DriverHttp>();
        services.AddSingleton<DriverSessions>();
        services.AddSingleton<PluginChanges>();
        services.AddSingleton<Quarantines>();
        return services;
    }

    /// <summary>Counts what drivers do wrong.</summary>
    public static IServiceCollection AddDefects(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<DefectsOptions, DefectsOptionsValidator>().BindConfiguration("Defects");
        services.TryAddSingleton<DriverDefects>();
        return services;
    }

    /// <summary>Keeps calls within what services allow.</summary>
    public static IServiceCollection AddBudgets(this IServiceCollection services)
    {
        services.TryAddSingleton<CallBudgets>();
        return services;
    }

    /// <summary>Has the hosts of a database work with the same drivers. Needs its stores.</summary>
    public static IServiceCollection AddSharedEntries(this IServiceCollection services) => services.AddSingleton<SharedList>().AddSingleton<SharedBuilds>().AddSingleton<SharedEntries>();

    /// <summary>Keeps quarantines over restarts. Needs the registry, and comes before whatever calls drivers by itself.</summary>
    public static IServiceCollection AddQuarantines(this IServiceCollection services) => services.AddHostedAfterAdoption<Quarantines>();

    /// <summary>Keeps what services asked to wait over restarts. Needs the registry, and comes before whatever calls services by itself.</summary>
    public static IServiceCollection AddBudgetClosings(this IServiceCollection services) => services.AddHostedAfterAdoption<BudgetClosings>();

    /// <summary>Takes up what plugins.json and the folders become while the host runs.</summary>
    public static IServiceCollection AddPluginsWatch(this IServiceCollection services) => services.AddSingleton<DropIns>().AddHostedAfterAdoption<PluginsWatch>();
}
