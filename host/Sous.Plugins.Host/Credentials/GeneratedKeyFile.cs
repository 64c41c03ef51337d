using System.Security.Cryptography;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Credentials;

/// <summary>
/// The master key that the host made itself, in the data folder. While it changes there are two files, <c>master-key</c> and
/// <c>master-key.new</c>, and the one that counts is the one that the ring is wrapped by: so a crash leaves no folder without its key.
/// </summary>
internal sealed class GeneratedKeyFile(DataFolder folder)
{
    private readonly string _path = folder.File("master-key");
    private readonly string _next = folder.File("master-key.new");

    /// <summary>The key of this id; another, where there is none of it; null where no key was ever made.</summary>
    /// <exception cref="BootGateException">The key cannot be used.</exception>
    public MasterKey? Find(string? kid)
    {
        if (kid is not null && TryRead(_next) is { } next && next.Id == kid)
        {
            return next;
        }

        return File.Exists(_path) ? MasterKey.Read(_path, MasterKeySource.Generated) : null;
    }

    /// <summary>A new one, in memory until <see cref="Keep"/>.</summary>
    public MasterKey Make() => new(RandomNumberGenerator.GetBytes(MasterKey.Size), MasterKeySource.Generated, _path);

    /// <summary>Puts a key beside the one in use: before the ring is wrapped by it.</summary>
    public void Stage(MasterKey key) => key.WriteTo(_next);

    /// <summary>Makes this key the only one: once the ring is wrapped by it, or before there is a ring.</summary>
    public void Keep(MasterKey key)
    {
        if (TryRead(_path)?.Id == key.Id)
        {
            File.Delete(_next);
            return;
        }

        // Under the other name until it is whole, so that a crash leaves no half key that forbids the next start.
        if (TryRead(_next)?.Id != key.Id)
        {
            Stage(key);
        }

        File.Move(_next, _path, overwrite: true);
    }

    private static MasterKey? TryRead(string path)
    {
        try
        {
            return File.Exists(path) ? MasterKey.Read(path, MasterKeySource.Generated) : null;
        }
        catch (BootGateException)
        {
            // What was left half-written counts for nothing.
            return null;
        }
    }
}
