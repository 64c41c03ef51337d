using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.KeyManagement.Internal;

namespace Sous.Plugins.Host.Credentials;

/// <summary>
/// The one rule of which ring key protects: the last one made that is active, not revoked and not at its end; never another in its
/// place. By when it was made, so that after a rotation no successor comes into use that was made before it.
/// It reads our clock, where DataProtection's own rule reads the machine's.
/// </summary>
internal sealed class RingKeys(TimeProvider clock) : IDefaultKeyResolver
{
    public static IKey? DefaultAt(DateTimeOffset at, IEnumerable<IKey> keys) => keys
        .Where(k => !k.IsRevoked && k.ActivationDate <= at && at < k.ExpirationDate)
        .OrderByDescending(k => k.CreationDate).ThenByDescending(k => k.ActivationDate).ThenBy(k => k.KeyId)
        .FirstOrDefault();

    public DefaultKeyResolution ResolveDefaultKeyPolicy(DateTimeOffset now, IEnumerable<IKey> allKeys)
    {
        var key = DefaultAt(clock.GetUtcNow(), allKeys);
        return new DefaultKeyResolution { DefaultKey = key, ShouldGenerateNewKey = key is null };
    }
}
