namespace Sous.Plugins.Host.Syncing;

internal static class SyncingRoom
{
    /// <summary>When syncs run, and the runs themselves. Needs a registry, a change store, a clock, a record encoder and a <see cref="DriverAccess"/>.</summary>
    public static IServiceCollection AddSyncing(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<SyncingOptions, SyncingOptionsValidator>().BindConfiguration("Syncing");
        return services
            .AddSingleton<RunPlanner>()
            .AddSingleton<ScopeSync>()
            .AddSingleton<ConnectionHealth>()
            .AddSingleton<SyncRunner>()
            .AddSingleton<SyncDirectory>()
            .AddSingleton<RunQueue>()
            .AddSingleton<SyncScheduler>()
            .AddSingleton<RunViews>()
            .AddSingleton<SyncViews>()
            .AddHostedService(static provider => provider.GetRequiredService<RunQueue>())
            .AddHostedService(static provider => provider.GetRequiredService<SyncScheduler>());
    }
}
