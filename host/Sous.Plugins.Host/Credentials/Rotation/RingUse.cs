using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Credentials.Rotation;

/// <summary>Tells which keys the ring has and what is still under each. None is ever taken out: a backup, or a row missed, may ask for it.</summary>
internal sealed class RingUse(IRegistry registry, IKeyManager ring, TimeProvider clock)
{
    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<RingKeyView>> ListAsync(CancellationToken cancellationToken)
    {
        var refers = await CountAsync(cancellationToken);
        var keys = ring.GetAllKeys();
        var current = RingKeys.DefaultAt(clock.GetUtcNow(), keys)?.KeyId;
        return
        [
            .. keys.OrderByDescending(static key => key.CreationDate)
                .Select(key => new RingKeyView(key.KeyId, key.CreationDate, key.ActivationDate, key.ExpirationDate, key.KeyId == current, refers.GetValueOrDefault(key.KeyId))),
        ];
    }

    private async Task<Dictionary<Guid, long>> CountAsync(CancellationToken cancellationToken)
    {
        var counts = new Dictionary<Guid, long>();
        var texts = (await registry.ListAsync(Credential.Collection, "", cancellationToken)).SelectMany(static credential => credential.Protected.Values)
            .Select(static field => field[(field.IndexOf('.', StringComparison.Ordinal) + 1)..])
            .Concat((await registry.ListAsync(TenantKey.Collection, "", cancellationToken)).SelectMany(static tenant => tenant.Keys).Select(static key => key.Wrapped))
            .Concat((await registry.ListAsync(HostSecret.Collection, "", cancellationToken)).Select(static secret => secret.Protected))
            .Concat((await registry.ListAsync(CredentialTally.Collection, "", cancellationToken)).Select(static tally => tally.Protected))
            .Concat((await registry.ListAsync(AuditSeal.Collection, "", cancellationToken)).Select(static seal => seal.Protected))
            .Concat((await registry.ListAsync(Canary.Collection, "", cancellationToken)).Select(static canary => canary.Protected));
        foreach (var text in texts)
        {
            if (ProtectedPayload.KeyOf(text) is { } key)
            {
                counts[key] = counts.GetValueOrDefault(key) + 1;
            }
        }

        return counts;
    }
}
