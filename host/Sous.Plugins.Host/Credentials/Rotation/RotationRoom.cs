namespace Sous.Plugins.Host.Credentials.Rotation;

internal static class RotationRoom
{
    /// <summary>Wants the Credentials room, a registry and the data folder that was claimed.</summary>
    public static IServiceCollection AddSecretRotation(this IServiceCollection services) => services
        .AddSingleton<MasterKeyRotation>();
}
