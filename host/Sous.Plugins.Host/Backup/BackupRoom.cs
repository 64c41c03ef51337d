using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Sous.Plugins.Host.Backup;

internal static class BackupRoom
{
    /// <summary>Wants both embedded stores.</summary>
    public static IServiceCollection AddBackup(this IServiceCollection services) => services
        .AddAdoption()
        .AddSingleton<Backups>()
        .AddHostedService(static provider => provider.GetRequiredService<Backups>());

    /// <summary>Sees to what an adopted copy still has to ask. Wants the Connections room.</summary>
    public static IServiceCollection AddVerifications(this IServiceCollection services) => services.AddHostedAfterAdoption<Verifications>();

    /// <summary>What every room asks before it works by itself or reaches a service. Wants the registry and a clock.</summary>
    public static IServiceCollection AddAdoption(this IServiceCollection services)
    {
        services.TryAddSingleton<Adoption>();
        return services;
    }

    /// <summary>A hosted service that works for connections: in a restored copy it starts once that is adopted.</summary>
    public static IServiceCollection AddHostedAfterAdoption<T>(this IServiceCollection services)
        where T : class, IHostedService
    {
        services.TryAddSingleton<T>();
        return services.AddAdoption().AddHostedService(static provider => new AfterAdoption<T>(provider.GetRequiredService<T>(), provider.GetRequiredService<Adoption>()));
    }
}
