using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Credentials.Rotation;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Tests.Storage;

namespace Sous.Plugins.Host.Tests.Credentials;

/// <summary>The credentials room over a real registry, as a host sets it up; can be stopped and started again.</summary>
internal sealed class Vault : IAsyncDisposable
{
    public static readonly string Key = Convert.ToBase64String(Enumerable.Repeat((byte)7, 32).ToArray());

    private readonly TemporaryFolder? _ownFolder;
    private readonly DataFolder _data;
    private readonly ServiceProvider _services;

    private Vault(TemporaryFolder? ownFolder, DataFolder data, ServiceProvider services, BootReport report)
    {
        _ownFolder = ownFolder;
        _data = data;
        _services = services;
        Report = report;
    }

    public BootReport Report { get; }

    public IRegistry Registry => Get<IRegistry>();

    public CredentialStore Store => Get<CredentialStore>();

    public IKeyManager Ring => Get<IKeyManager>();

    public static IConfiguration Settings(string name = "MasterKey", string? value = null) =>
        new ConfigurationBuilder().AddInMemoryCollection([new(name, value ?? Key)]).Build();

    public static async Task<Vault> StartAsync(
        TemporaryFolder? folder = null, IConfiguration? settings = null, FakeTimeProvider? clock = null)
    {
        clock ??= new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var own = folder is null ? new TemporaryFolder() : null;
        var data = DataFolder.Open((folder ?? own!).Path);
        try
        {
            var report = BootGate.Check(data, settings ?? Settings(), clock);
            var services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(clock)
                .AddStorage(data).AddChanges().AddCredentials(report.MasterKey).AddSecretRotation().BuildServiceProvider();
            await services.GetRequiredService<VaultSetup>().InitialiseAsync(TestContext.Current.CancellationToken);
            return new Vault(own, data, services, report);
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    public T Get<T>()
        where T : class => _services.GetRequiredService<T>();

    public IEnumerable<T> All<T>()
        where T : class => _services.GetServices<T>();

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _data.Dispose();
        _ownFolder?.Dispose();
    }
}
