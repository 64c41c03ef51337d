using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.KeyManagement.Internal;

namespace Sous.Plugins.Host.Credentials;

/// <summary>Makes the ring's next key in time. A key never leaves the ring: what it protected stays readable.</summary>
internal sealed partial class KeyRotation(IKeyManager ring, TimeProvider clock, ILogger<KeyRotation> logger)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(90);

    /// <summary>How long before its end a key has its successor: as long as a host may be switched off and still start.</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromDays(45);

    /// <summary>Makes the successor of the default key once its end is near. Cheap when there is nothing to do.</summary>
    /// <returns>Whether a key was made.</returns>
    public bool RotateIfDue()
    {
        var now = clock.GetUtcNow();
        var keys = ring.GetAllKeys();
        if (RingKeys.DefaultAt(now, keys) is not { } current || current.ExpirationDate - now > Ahead || HasSuccessor(current, keys))
        {
            return false;
        }

        Make(current.ExpirationDate);
        return true;
    }

    /// <summary>Makes a key that protects from now on: after a compromise, or when the default key has ended.</summary>
    public IKey RotateNow() => Make(clock.GetUtcNow());

    public static bool HasSuccessor(IKey current, IEnumerable<IKey> keys) =>
        RingKeys.DefaultAt(current.ExpirationDate, keys.Where(key => key.CreationDate > current.CreationDate)) is not null;

    private IKey Make(DateTimeOffset activation)
    {
        // Later than every other, whatever the clock did: by this date they are told apart, and the last one made protects.
        var created = ring.GetAllKeys().Select(static key => key.CreationDate.AddTicks(1)).Append(clock.GetUtcNow()).Max();
        var key = ((IInternalXmlKeyManager)ring).CreateNewKey(Guid.NewGuid(), created, activation, activation + Lifetime);
        Log.KeyMade(logger, key.KeyId, key.ActivationDate, key.ExpirationDate);
        return key;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1300, Level = LogLevel.Information, Message = "Ring key {Key} made; it protects from {From} to {To}.")]
        public static partial void KeyMade(ILogger logger, Guid key, DateTimeOffset from, DateTimeOffset to);
    }
}
