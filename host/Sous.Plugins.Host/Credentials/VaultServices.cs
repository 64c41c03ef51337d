using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption;
using Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption.ConfigurationModel;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.KeyManagement.Internal;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace Sous.Plugins.Host.Credentials;

/// <summary>DataProtection as this host sets it up, in one place: for the host itself, for the boot gate, and for the first ring.</summary>
internal static class VaultServices
{
    public const string Purpose = "Sous.Vault.v1";

    /// <summary>Wants master keys, a clock and a repository registered.</summary>
    public static IServiceCollection AddVault(this IServiceCollection services)
    {
        // By hand only: DataProtection would make a key of its own as soon as it does not like the ring.
        services.AddDataProtection()
            .SetApplicationName("Sous.Plugins")
            .DisableAutomaticKeyGeneration()
            .UseCryptographicAlgorithms(new AuthenticatedEncryptorConfiguration { EncryptionAlgorithm = EncryptionAlgorithm.AES_256_GCM });
        services.AddSingleton<IDefaultKeyResolver, RingKeys>();
        services.AddOptions<KeyManagementOptions>().Configure<IXmlRepository, MasterKeys>((options, repository, masters) =>
        {
            options.XmlRepository = repository;
            options.XmlEncryptor = new RingWrapper(masters);
        });
        return services;
    }

    public static ServiceProvider InMemory(IEnumerable<RingEntry> entries, MasterKey master, TimeProvider clock, out MemoryRingRepository repository)
    {
        repository = new MemoryRingRepository(entries);
        return new ServiceCollection()
            .AddSingleton(new MasterKeys(master))
            .AddSingleton(clock)
            .AddSingleton<IXmlRepository>(repository)
            .AddVault()
            .BuildServiceProvider();
    }

    public static IDataProtector CanaryProtector(IDataProtectionProvider protection) => protection.CreateProtector(Purpose, Canary.Key);
}
