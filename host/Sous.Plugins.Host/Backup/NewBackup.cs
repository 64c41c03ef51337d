namespace Sous.Plugins.Host.Backup;

/// <summary>A backup file that is being written: under another name until it is whole, on disk, and was read back.</summary>
internal sealed class NewBackup : IAsyncDisposable
{
    private readonly string _path;
    private readonly string _unfinished;
    private readonly bool _overwrite;
    private readonly FileStream _stream;

    private NewBackup(string path, bool overwrite, FileStream stream)
        => (_path, _unfinished, _overwrite, _stream) = (path, stream.Name, overwrite, stream);

    public Stream Stream => _stream;

    /// <summary>What an earlier one left that was killed is written over.</summary>
    /// <exception cref="BackupException">The file is there, or cannot be written.</exception>
    public static NewBackup Create(string path, bool overwrite)
    {
        path = Path.GetFullPath(path);
        if (!overwrite && File.Exists(path))
        {
            throw new BackupException($"{path} is there already: name another file, or write over it with --force.");
        }

        // No sharing: two that write the same file at once would mix.
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = Storage.DataFolder.OwnerFile;
        }

        try
        {
            return new NewBackup(path, overwrite, new FileStream(path + ".part", options));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BackupException($"{path} cannot be written: {e.Message}", e);
        }
    }

    /// <exception cref="BackupException">It did not arrive whole, or cannot be written.</exception>
    public async Task<BackupManifest> FinishAsync(CancellationToken cancellationToken)
    {
        try
        {
            _stream.Flush(flushToDisk: true);
            await _stream.DisposeAsync();
            await using var written = await BackupFile.OpenAsync(_unfinished, cancellationToken);
            File.Move(_unfinished, _path, _overwrite);
            Folders.Flush(Path.GetDirectoryName(_path) ?? "/");
            return written.Manifest;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BackupException($"{_path} cannot be written: {e.Message}", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        File.Delete(_unfinished);
    }
}
