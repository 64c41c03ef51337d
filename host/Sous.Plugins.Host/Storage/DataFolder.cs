namespace Sous.Plugins.Host.Storage;

/// <summary>
/// The folder that holds everything the host keeps, and the right to be the only process in it.
/// Opening writes nothing, so that a folder the boot gate refuses stays as it was; <see cref="Claim"/> is the first to write.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    public const string LockName = "lock";

    public const UnixFileMode OwnerFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    public const UnixFileMode OwnerFolder = OwnerFile | UnixFileMode.UserExecute;

    private FileStream? _lock;

    private DataFolder(string path) => Path = path;

    /// <summary>Absolute.</summary>
    public string Path { get; }

    public string RegistryFile => File("registry.db");

    public string ChangesFile => File("changes.db");

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <exception cref="StorageException">Another process has it.</exception>
    public static DataFolder Open(string path)
    {
        var folder = new DataFolder(System.IO.Path.GetFullPath(path));
        if (System.IO.File.Exists(folder.File(LockName)))
        {
            folder.Lock(FileMode.Open);
        }

        return folder;
    }

    /// <summary>Creates the folder (mode 0700) and the lock where they are missing.</summary>
    /// <exception cref="StorageException">It cannot be written, or another process has it.</exception>
    public void Claim()
    {
        if (_lock is not null)
        {
            return;
        }

        try
        {
            CreateFolder(Path);
            Tighten();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The data folder {Path} cannot be created: {e.Message}", e);
        }

        Lock(FileMode.OpenOrCreate);
    }

    /// <summary>Makes a folder that only its owner may enter, unless it is there.</summary>
    public static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, OwnerFolder);
        }
    }

    /// <summary>Makes an empty file that only its owner may read, unless it is there; what opens it later keeps its mode.</summary>
    public static void CreateOwnerOnly(string file)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerFile;
        }

        new FileStream(file, options).Dispose();
    }

    public void Dispose() => _lock?.Dispose();

    // A folder with other things in it may be anybody's (/tmp, a home): its mode is not ours to change.
    private void Tighten()
    {
        if (!OperatingSystem.IsWindows() && (System.IO.File.Exists(RegistryFile) || !Directory.EnumerateFileSystemEntries(Path).Any()))
        {
            System.IO.File.SetUnixFileMode(Path, OwnerFolder);
        }
    }

    // FileShare.None is flock(2) on Unix: the kernel lets go when the process dies, however it dies. The file itself stays.
    private void Lock(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows() && mode != FileMode.Open)
        {
            options.UnixCreateMode = OwnerFile;
        }

        try
        {
            _lock = new FileStream(File(LockName), options);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StorageException($"The data folder {Path} cannot be written: {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new StorageException($"The data folder {Path} is in use by another process, or cannot be locked: {e.Message}", e);
        }
    }
}
