using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Credentials;

/// <summary>Makes the first ring key and the canary of a fresh registry, before any other service of the host starts.</summary>
internal sealed partial class VaultSetup(IRegistry registry, MasterKeys masters, DataFolder folder, TimeProvider clock, ILogger<VaultSetup> logger) : IHostedLifecycleService
{
    /// <summary>Makes nothing where a ring is.</summary>
    public async Task InitialiseAsync(CancellationToken cancellationToken)
    {
        // First the key, then what hangs on it.
        var master = masters.Current;
        if (master.Source == MasterKeySource.Generated)
        {
            new GeneratedKeyFile(folder).Keep(master);
        }

        if ((await registry.ListAsync(RingEntry.Collection, "", cancellationToken)).Count > 0)
        {
            return;
        }

        // Ring, canary and tally in one write, so that no crash leaves one without the others.
        using var services = VaultServices.InMemory([], master, clock, out var ring);
        var now = clock.GetUtcNow();
        services.GetRequiredService<IKeyManager>().CreateNewKey(now, now + KeyRotation.Lifetime);
        var canary = new Canary(Canary.Key, VaultServices.CanaryProtector(services.GetRequiredService<IDataProtectionProvider>()).Protect(Canary.Text));
        var tally = new TallyKeeper(services.GetRequiredService<IDataProtectionProvider>()).Make();
        await registry.WriteAsync(
            transaction =>
            {
                if (transaction.List(RingEntry.Collection, "").Count == 0)
                {
                    transaction.Put(RingEntry.Collection, ring.Entries[0]);
                    transaction.Put(Canary.Collection, canary);
                    transaction.Put(CredentialTally.Collection, tally);
                }
            },
            cancellationToken);
        Log.Made(logger, master.Id);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => InitialiseAsync(cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(EventId = 1302, Level = LogLevel.Information, Message = "The key ring was made under master key {Master}.")]
        public static partial void Made(ILogger logger, string master);
    }
}
