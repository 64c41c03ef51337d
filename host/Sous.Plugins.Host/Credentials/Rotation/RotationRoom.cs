using Microsoft.Extensions.DependencyInjection.Extensions;
using Sous.Plugins.Host.Deliveries;
using Sous.Plugins.Host.Syncing.Helping;

namespace Sous.Plugins.Host.Credentials.Rotation;

internal static class RotationRoom
{
    /// <summary>Wants the rooms Credentials and Changes, a registry, and the data folder that was claimed.</summary>
    public static IServiceCollection AddSecretRotation(this IServiceCollection services)
    {
        services.TryAddSingleton<Helpers>();
        return services
            .AddSubscriptionSecrets()
            .AddSingleton<MasterKeyRotation>()
            .AddSingleton<DataRotations>()
            .AddSingleton<RingTurn>()
            .AddSingleton<RingUse>()
            .AddSingleton<SecretRewriter>()
            .AddHostedService<DataRotationWorker>();
    }
}
