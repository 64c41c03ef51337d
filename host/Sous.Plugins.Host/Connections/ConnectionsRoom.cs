using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Generations;
using Sous.Plugins.Host.Telemetry;

namespace Sous.Plugins.Host.Connections;

internal static class ConnectionsRoom
{
    /// <summary>Wants the registry, the change store, Credentials, Drivers, Authorization and a clock. (Kestrel has an AddConnections of its own.)</summary>
    public static IServiceCollection AddConnectionsRoom(this IServiceCollection services) => services
        .AddDefects()
        .AddBudgets()
        .AddSingleton<ConnectionStore>()
        .AddSingleton<ConnectionEvents>()
        .AddSingleton<ConnectionViews>()
        .AddSingleton<ConnectionCondition>(static provider => provider.GetRequiredService<ConnectionViews>().OfAsync)
        .AddStanding<ConnectionMetrics>(static metrics => metrics.ReadAsync)
        .AddSingleton<ConnectionProbe>()
        .AddSingleton<GenerationTrials>()
        .AddSingleton<DriverTrial>(static provider => (candidate, cancellationToken) => provider.GetRequiredService<GenerationTrials>().TryAsync(candidate, cancellationToken))
        .AddSingleton<TenantRemovals>()
        .AddHostedAfterAdoption<TenantRemovals>()
        .AddHostedAfterAdoption<ConnectionProbe>();
}
