using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Credentials.Rotation;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Proofs.Keys;

/// <summary>A data folder's secrets, opened in this process while no host runs: to fill a folder, and to look whether all of it can be read.</summary>
internal sealed class OpenVault : IAsyncDisposable
{
    private const int Tenants = 7;

    private readonly DataFolder _folder;
    private readonly ServiceProvider _services;

    private OpenVault(DataFolder folder, ServiceProvider services) => (_folder, _services) = (folder, services);

    public IRegistry Registry => Get<IRegistry>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <param name="masterKeyFile">Null for the one that is generated in the folder.</param>
    public static async Task<OpenVault> OpenAsync(string data, string? masterKeyFile, TimeProvider? clock = null)
    {
        clock ??= TimeProvider.System;
        var folder = DataFolder.Open(data);
        try
        {
            var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("MasterKeyFile", masterKeyFile)]).Build();
            var report = BootGate.Check(folder, configuration, clock);
            var services = new ServiceCollection().AddLogging().AddSingleton(clock).AddStorage(folder).AddChanges().AddCredentials(report.MasterKey).AddSecretRotation()
                .AddSingleton<HostKey>().AddSingleton<KeyStore>().BuildServiceProvider();
            await services.GetRequiredService<VaultSetup>().InitialiseAsync(Token);
            return new OpenVault(folder, services);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public IEnumerable<T> All<T>() => _services.GetServices<T>();

    /// <summary>Credentials of two fields each, in the folder's order of tenants.</summary>
    public async Task FillAsync(int credentials)
    {
        foreach (var slice in Enumerable.Range(0, credentials).Chunk(2_000))
        {
            await Task.WhenAll(slice.Select(number => Get<CredentialStore>().SaveAsync(Material(number), 0, Token)));
        }
    }

    /// <exception cref="CredentialException">It cannot be read.</exception>
    public async Task CheckAsync(int number)
    {
        var store = Get<CredentialStore>();
        var credential = await store.FindAsync(Connection(number), Token) ?? throw new InvalidOperationException($"Credential {number} is gone.");
        var secrets = await store.RevealAsync(credential, Token);
        var wanted = Material(number).Secrets;
        Assert.Equal((wanted.AccessToken?.Reveal(), wanted.RefreshToken?.Reveal()), (secrets.AccessToken?.Reveal(), secrets.RefreshToken?.Reveal()));
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _folder.Dispose();
    }

    private static ConnectionId Connection(int number) => new(string.Create(CultureInfo.InvariantCulture, $"con_{number}"));

    private static CredentialMaterial Material(int number) => new()
    {
        Connection = Connection(number),
        Tenant = new TenantId(string.Create(CultureInfo.InvariantCulture, $"tenant-{number % Tenants}")),
        Secrets = new CredentialSecrets { AccessToken = new Secret($"SOUSCANARY-access-{number}"), RefreshToken = new Secret($"SOUSCANARY-refresh-{number}") },
        ObtainedAt = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero),
    };
}
