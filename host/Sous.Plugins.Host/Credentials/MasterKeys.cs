using System.Security.Cryptography;

namespace Sous.Plugins.Host.Credentials;

/// <summary>
/// The master keys that this process knows: the one that wraps from now on, and earlier ones, since what was read from the ring
/// before a change is unwrapped only when it is first used. Safe for several threads.
/// </summary>
internal sealed class MasterKeys(MasterKey current)
{
    private volatile MasterKey _current = current;
    private volatile MasterKey[] _known = [current];

    public MasterKey Current => _current;

    /// <summary>The key of that id.</summary>
    /// <exception cref="CryptographicException">It is not known here.</exception>
    public MasterKey Of(string? kid) => Array.Find(_known, key => key.Id == kid)
        ?? throw new CryptographicException($"The ring key was wrapped by master key {kid}, and {_current} was given.");

    /// <summary>From now on it unwraps.</summary>
    public void Learn(MasterKey key) => _known = [key, .. _known.Where(known => known.Id != key.Id)];

    /// <summary>From now on it wraps; it was learnt before.</summary>
    public void Advance(MasterKey key) => _current = key;
}
