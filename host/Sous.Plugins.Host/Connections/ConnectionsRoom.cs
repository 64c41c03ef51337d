using Sous.Plugins.Host.Backup;

namespace Sous.Plugins.Host.Connections;

internal static class ConnectionsRoom
{
    /// <summary>Wants the registry, the change store, Credentials, Drivers, Authorization and a clock. (Kestrel has an AddConnections of its own.)</summary>
    public static IServiceCollection AddConnectionsRoom(this IServiceCollection services) => services
        .AddSingleton<ConnectionStore>()
        .AddSingleton<ConnectionEvents>()
        .AddSingleton<ConnectionViews>()
        .AddSingleton<ConnectionProbe>()
        .AddSingleton<TenantRemovals>()
        .AddHostedAfterAdoption<TenantRemovals>()
        .AddHostedAfterAdoption<ConnectionProbe>();
}
