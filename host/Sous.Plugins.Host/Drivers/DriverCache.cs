using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Drivers.Inspection;

namespace Sous.Plugins.Host.Drivers;

/// <summary>
/// Private, read-only copies of plugin folders, named by the hash of their bytes. Drivers are loaded from here: the bytes
/// that were hashed are the bytes that run, and overwriting a plugin's folder cannot pull mapped code from under the process.
/// </summary>
internal sealed class DriverCache(IOptions<DriversOptions> options)
{
    private const UnixFileMode ReadOnlyFile = UnixFileMode.UserRead;
    private const UnixFileMode ReadOnlyFolder = UnixFileMode.UserRead | UnixFileMode.UserExecute;
    private const UnixFileMode OwnFolder = ReadOnlyFolder | UnixFileMode.UserWrite;

    private readonly string _root = Path.GetFullPath(Path.Combine(options.Value.Data, "drivers"));

    /// <summary>Copies a folder, unless the same bytes are here already.</summary>
    /// <exception cref="PluginFolderException">It cannot be read or copied, or holds what no plugin may hold.</exception>
    public CachedPlugin Add(string folder)
    {
        var incoming = Path.Combine(_root, $".incoming-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(incoming);
            SetMode(_root, OwnFolder);
            var sha256 = FolderHash.Copy(folder, incoming);
            var kept = FolderOf(sha256);
            if (Directory.Exists(kept) && IsIntact(kept, sha256))
            {
                Delete(incoming);
                return new CachedPlugin(kept, sha256);
            }

            Keep(incoming, kept);
            return new CachedPlugin(kept, sha256);
        }
        catch (PluginFolderException)
        {
            Delete(incoming);
            throw;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PluginFolderException(new($"The folder {folder} cannot be copied to {_root}: {e.Message}", "Make room there, and make the data folder writable for the host."), e);
        }
    }

    /// <summary>Where the copy of these bytes lies, if there is one.</summary>
    public string FolderOf(string sha256) => Path.Combine(_root, sha256);

    /// <summary>Whether there is a copy of these bytes.</summary>
    public bool Has(string sha256) => IsIntact(FolderOf(sha256), sha256);

    /// <summary>Adds a copy whose bytes come from elsewhere.</summary>
    /// <param name="fill">Writes them into an empty folder.</param>
    /// <exception cref="PluginFolderException">They have another hash.</exception>
    public void Add(string sha256, Action<string> fill)
    {
        var incoming = Path.Combine(_root, $".incoming-{Guid.NewGuid():N}");
        try
        {
            Directory.CreateDirectory(incoming);
            SetMode(_root, OwnFolder);
            fill(incoming);
            if (FolderHash.Compute(incoming) is var actual && actual != sha256)
            {
                throw new PluginFolderException(new($"What came for {sha256} has the hash {actual}.", "Look who writes in the database but the hosts."));
            }

            Keep(incoming, FolderOf(sha256));
        }
        finally
        {
            Delete(incoming);
        }
    }

    /// <summary>Deletes every copy but these, and what a crash left half done.</summary>
    public void Sweep(IReadOnlySet<string> kept)
    {
        foreach (var folder in Directory.Exists(_root) ? Directory.GetDirectories(_root) : [])
        {
            if (!kept.Contains(folder))
            {
                Delete(folder);
            }
        }
    }

    /// <summary>A copy that someone changed is not trusted for its name.</summary>
    private static bool IsIntact(string folder, string sha256)
    {
        try
        {
            return FolderHash.Compute(folder) == sha256;
        }
        catch (PluginFolderException)
        {
            return false;
        }
    }

    private static void Keep(string incoming, string kept)
    {
        Delete(kept);
        Seal(incoming);
        Directory.Move(incoming, kept);
    }

    private static void Seal(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            SetMode(file, ReadOnlyFile);
        }

        foreach (var below in Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories).Append(folder).ToList())
        {
            SetMode(below, ReadOnlyFolder);
        }
    }

    private static void Delete(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        SetMode(folder, OwnFolder);
        foreach (var below in Directory.EnumerateDirectories(folder))
        {
            Delete(below);
        }

        Directory.Delete(folder, recursive: true);
    }

    private static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }
}
