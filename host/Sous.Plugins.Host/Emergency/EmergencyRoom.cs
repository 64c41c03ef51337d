using Sous.Plugins.Host.Backup;

namespace Sous.Plugins.Host.Emergency;

internal static class EmergencyRoom
{
    /// <summary>What an operator does when a driver, a service or a tenant is compromised. Needs the registry, a clock, Connections, Authorization, Drivers, Syncing and Live.</summary>
    public static IServiceCollection AddEmergency(this IServiceCollection services) => services
        .AddSingleton<TenantFreezes>()
        .AddSingleton<EmergencyDrivers>()
        .AddHostedAfterAdoption<EmergencyRevocations>();
}
