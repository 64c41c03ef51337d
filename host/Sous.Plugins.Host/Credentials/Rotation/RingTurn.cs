using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Credentials.Rotation;

/// <summary>The ring's part of a rotation: a new key that protects at once, and what lies under the ring itself encrypted anew. Old ring keys stay.</summary>
internal sealed class RingTurn(IRegistry registry, IKeyManager ring, KeyRotation keys, IDataProtectionProvider protection, TallyKeeper tally)
{
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(5);

    /// <summary>The ring key of this rotation, made now unless it was before a crash.</summary>
    public IKey Make(DataRotation rotation) => ring.GetAllKeys().FirstOrDefault(key => key.KeyId == rotation.RingKey) ?? keys.RotateNow();

    /// <summary>The keys that were made before that one.</summary>
    public IReadOnlySet<Guid> Before(IKey key) => ring.GetAllKeys().Where(other => other.CreationDate < key.CreationDate).Select(static other => other.KeyId).ToHashSet();

    /// <summary>Ends when whatever is protected from now on is under that key or a later one.</summary>
    public async Task TakeEffectAsync(IKey key, CancellationToken cancellationToken)
    {
        // DataProtection reads the ring again in the background, set off by a use after the change, and offers no signal.
        var (probe, before) = (protection.CreateProtector(VaultServices.Purpose, "probe"), Before(key));
        while (ProtectedPayload.KeyOf(probe.Protect([0])) is not { } used || before.Contains(used))
        {
            await Task.Delay(s_poll, TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>The canary, the tally and the host's own secrets. Each is read and written in the one transaction, so that none written meanwhile is lost.</summary>
    public Task ReprotectAsync(CancellationToken cancellationToken) => registry.WriteAsync(
        transaction =>
        {
            if (transaction.Find(Canary.Collection, Canary.Key) is { } canary)
            {
                transaction.Put(Canary.Collection, canary with { Protected = Reprotect(VaultServices.CanaryProtector(protection), canary.Protected) });
            }

            tally.Reprotect(transaction);
            foreach (var secret in transaction.List(HostSecret.Collection, ""))
            {
                transaction.Put(HostSecret.Collection, secret with { Protected = Reprotect(protection.CreateProtector(HostSecret.Purpose, secret.Name), secret.Protected) });
            }
        },
        cancellationToken);

    private static string Reprotect(IDataProtector protector, string stored) => protector.Protect(protector.Unprotect(stored));
}
