using System.Globalization;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Backup;

/// <summary>The place that a backup is restored to: a folder that is not there yet, is empty, or holds a host's data; locked, so that no host starts on it.</summary>
internal sealed class RestoreTarget : IDisposable
{
    private readonly DataFolder _folder;
    private readonly bool _occupied;

    private RestoreTarget(DataFolder folder, bool occupied) => (_folder, _occupied) = (folder, occupied);

    /// <summary>Absolute, without a separator at its end.</summary>
    public string Path => _folder.Path;

    /// <param name="force">Whether what stands there may be moved aside.</param>
    /// <exception cref="BackupException">A host runs there, or something stands there that may not be moved.</exception>
    public static RestoreTarget Open(string path, bool force)
    {
        path = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        if (File.Exists(path))
        {
            throw new BackupException($"{path} is a file; a backup is restored into a folder.");
        }

        var folder = Lock(path);
        try
        {
            var occupied = Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any(static entry => System.IO.Path.GetFileName(entry) != DataFolder.LockName);
            if (occupied && !force)
            {
                throw new BackupException($"{path} is not empty: restore into another folder, or move what is there aside with --force.");
            }

            if (occupied && !File.Exists(folder.RegistryFile) && !File.Exists(folder.ChangesFile))
            {
                throw new BackupException($"{path} holds other things than a host's data; they are not moved. Restore into another folder.");
            }

            return new RestoreTarget(folder, occupied);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>A folder that is whole and on disk takes the place, in one step.</summary>
    /// <returns>Where what stood there is now, or null where nothing did.</returns>
    /// <exception cref="IOException">It cannot; all is as it was.</exception>
    public string? Take(DataFolder staged, DateTimeOffset now)
    {
        var parent = System.IO.Path.GetDirectoryName(Path) ?? "/";
        if (!Directory.Exists(Path))
        {
            Directory.Move(staged.Path, Path);
            Folders.Flush(parent);
            return null;
        }

        // First the name that what stands there is to have: a crash after the swap would leave it under one that the next restore throws away.
        var aside = NameAside(now);
        Directory.Move(staged.Path, aside);
        try
        {
            Folders.Swap(Path, aside);
        }
        catch
        {
            Directory.Move(aside, staged.Path);
            throw;
        }

        Folders.Flush(parent);
        if (_occupied)
        {
            return aside;
        }

        Directory.Delete(aside, recursive: true);
        return null;
    }

    /// <summary>The master key of that id that a host made there, or null.</summary>
    public MasterKey? FindGeneratedKey(string kid)
    {
        try
        {
            return new GeneratedKeyFile(_folder).Find(kid) is { } key && key.Id == kid ? key : null;
        }
        catch (BootGateException)
        {
            return null;
        }
    }

    public void Dispose() => _folder.Dispose();

    private static DataFolder Lock(string path)
    {
        try
        {
            return DataFolder.Open(path);
        }
        catch (StorageException e)
        {
            throw new BackupException($"A host runs on {path}, or another process has it: stop it first. {e.Message}", e);
        }
    }

    private string NameAside(DateTimeOffset now)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{Path}.before-restore-{now:yyyyMMdd'T'HHmmss'Z'}");
        var free = name;
        for (var i = 2; Directory.Exists(free) || File.Exists(free); i++)
        {
            free = string.Create(CultureInfo.InvariantCulture, $"{name}-{i}");
        }

        return free;
    }
}
