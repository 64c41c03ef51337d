using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.KeyManagement.Internal;

namespace Sous.Plugins.Host.Credentials;

/// <summary>
/// The one rule of which ring key protects: the latest that is active, not revoked and not at its end; never another in its place.
/// It reads our clock, where DataProtection's own rule reads the machine's.
/// </summary>
internal sealed class RingKeys(TimeProvider clock) : IDefaultKeyResolver
{
    public static IKey? DefaultAt(DateTimeOffset at, IEnumerable<IKey> keys) => keys
        .Where(k => !k.IsRevoked && k.ActivationDate <= at && at < k.ExpirationDate)
        .OrderByDescending(k => k.ActivationDate).ThenByDescending(k => k.CreationDate).ThenBy(k => k.KeyId)
        .FirstOrDefault();

    public DefaultKeyResolution ResolveDefaultKeyPolicy(DateTimeOffset now, IEnumerable<IKey> allKeys)
    {
        var key = DefaultAt(clock.GetUtcNow(), allKeys);
        return new DefaultKeyResolution { DefaultKey = key, ShouldGenerateNewKey = key is null };
    }
}
