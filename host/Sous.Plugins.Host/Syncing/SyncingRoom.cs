using Microsoft.Extensions.DependencyInjection.Extensions;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Syncing.Backfills;
using Sous.Plugins.Host.Syncing.Checkpoints;
using Sous.Plugins.Host.Syncing.Freshness;
using Sous.Plugins.Host.Syncing.Gaps;
using Sous.Plugins.Host.Syncing.Helping;
using Sous.Plugins.Host.Syncing.Listings;
using Sous.Plugins.Host.Telemetry;

namespace Sous.Plugins.Host.Syncing;

internal static class SyncingRoom
{
    /// <summary>When syncs run, and the runs themselves. Needs the registry, a clock, and the rooms of Changes, Connections, Authorization and Drivers.</summary>
    public static IServiceCollection AddSyncing(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<SyncingOptions, SyncingOptionsValidator>().BindConfiguration("Syncing");
        services.TryAddSingleton<Helpers>();
        return services
            .AddDefects()
            .AddSingleton(static provider => DriverAccess.Of(
                provider.GetRequiredService<DriverCatalog>(),
                provider.GetRequiredService<DriverSessions>(),
                provider.GetRequiredService<DriverDefects>(),
                provider.GetRequiredService<CallBudgets>(),
                provider.GetRequiredService<ConnectionAuthorization>()))
            .AddSingleton<RunPlanner>()
            .AddSingleton<ScopeSync>()
            .AddSingleton<DeleteBrake>()
            .AddSingleton<GapGuard>()
            .AddSingleton<BackfillSync>()
            .AddSingleton<ConnectionHealth>()
            .AddSingleton<RunEnds>()
            .AddSingleton<SyncMetrics>()
            .AddSingleton<RunExecutor>()
            .AddSingleton<HelpingMetrics>()
            .AddSingleton<SyncRunner>()
            .AddSingleton<SyncDirectory>()
            .AddSingleton<RunQueue>()
            .AddSingleton<SyncScheduler>()
            .AddSingleton<WaitingBackfills>()
            .AddSingleton<RunViews>()
            .AddSingleton<RunLogs>()
            .AddSingleton<ILoggerProvider>(static provider => provider.GetRequiredService<RunLogs>())
            .AddSingleton<RunDecisions>()
            .AddSingleton<FreshnessViews>()
            .AddStanding<FreshnessMetrics>(static metrics => metrics.ReadAsync)
            .AddSingleton<SyncViews>()
            .AddSingleton<SyncCheckpoints>()
            .AddHostedAfterAdoption<RunQueue>()
            .AddHostedAfterAdoption<SyncScheduler>()
            .AddHostedAfterAdoption<WaitingBackfills>();
    }

    /// <summary>Lets other hosts carry out runs. Needs the rooms of Drivers and Authorization.</summary>
    public static IServiceCollection AddHelping(this IServiceCollection services) => services.AddSingleton<HelpedRuns>();

    /// <summary>Looks at syncs anew where another generation of their driver serves. Needs the room of Drivers.</summary>
    public static IServiceCollection AddDriverChanges(this IServiceCollection services) => services.AddHostedAfterAdoption<DriverChanges>();
}
