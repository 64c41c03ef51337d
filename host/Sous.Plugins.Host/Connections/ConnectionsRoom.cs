namespace Sous.Plugins.Host.Connections;

internal static class ConnectionsRoom
{
    /// <summary>Wants the registry, Drivers, Authorization and a clock. (Kestrel has an AddConnections of its own.)</summary>
    public static IServiceCollection AddConnectionsRoom(this IServiceCollection services) => services
        .AddSingleton<ConnectionStore>()
        .AddSingleton<ConnectionEvents>()
        .AddSingleton<ConnectionViews>()
        .AddSingleton<ConnectionProbe>()
        .AddHostedService(static provider => provider.GetRequiredService<ConnectionProbe>());
}
