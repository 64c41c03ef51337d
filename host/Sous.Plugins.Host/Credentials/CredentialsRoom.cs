using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Sous.Plugins.Host.Credentials;

internal static class CredentialsRoom
{
    /// <summary>Wants the registry, a clock, and a master key that passed <see cref="BootGate.Check"/>.</summary>
    public static IServiceCollection AddCredentials(this IServiceCollection services, MasterKey master) => services
        .AddSingleton(new MasterKeys(master))
        .AddSingleton<VaultSetup>()
        .AddHostedService(provider => provider.GetRequiredService<VaultSetup>())
        .AddSingleton<IXmlRepository, RingRepository>()
        .AddVault()
        .AddSingleton<KeyRotation>()
        .AddHostedService<KeyRotationService>()
        .AddSingleton<TenantKeys>()
        .AddSingleton<CredentialProtector>()
        .AddSingleton<RawProtector>()
        .AddSingleton<TallyKeeper>()
        .AddSingleton<CredentialStore>();
}
