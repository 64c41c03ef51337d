using Sous.Plugins.Host.Storage.LiteDb;

namespace Sous.Plugins.Host.Storage;

internal static class StorageRoom
{
    /// <summary>The registry of <paramref name="folder"/>, opened when first asked for and closed with the host.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, DataFolder folder) => services
        .AddSingleton(folder)
        .AddSingleton(provider => LiteDbRegistry.Open(folder, provider.GetRequiredService<ILogger<LiteDbRegistry>>()))
        .AddSingleton<IRegistry>(static provider => provider.GetRequiredService<LiteDbRegistry>());
}
