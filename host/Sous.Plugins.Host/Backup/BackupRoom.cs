namespace Sous.Plugins.Host.Backup;

internal static class BackupRoom
{
    /// <summary>Wants both embedded stores and the master key.</summary>
    public static IServiceCollection AddBackup(this IServiceCollection services) => services
        .AddSingleton<Backups>()
        .AddHostedService(static provider => provider.GetRequiredService<Backups>());
}
