namespace Sous.Plugins.Sdk.Files;

/// <summary>The ability to list, fetch and watch files.</summary>
public interface IStorageDriver : IDriver
{
    /// <summary>A folder's files as they are now.</summary>
    /// <param name="request">Which folder.</param>
    /// <param name="cancellationToken">Honoured within a second, also between pages.</param>
    /// <exception cref="DriverException">The service could not be asked, or said that its answer is not complete.</exception>
    IAsyncEnumerable<SyncPage<StorageFile>> ListFilesAsync(FolderRequest request, CancellationToken cancellationToken);

    /// <summary>A file's content, or null where there is no such file. The caller disposes of it.</summary>
    /// <param name="request">Which file, and which part of it.</param>
    /// <param name="cancellationToken">Honoured within a second, also while the content is read.</param>
    /// <exception cref="DriverException">The file cannot be fetched; the kind says who must act.</exception>
    ValueTask<FileContent?> FetchFileAsync(FileRequest request, CancellationToken cancellationToken);

    /// <summary>What changed in a folder since a checkpoint; without one a complete listing, whose checkpoint was taken before it began.</summary>
    /// <param name="request">Which folder.</param>
    /// <param name="cancellationToken">Honoured within a second, also between pages.</param>
    /// <exception cref="DriverException">The service could not be asked; pages handed over before stay valid.</exception>
    IAsyncEnumerable<SyncPage<StorageFile>> WatchFolderAsync(FolderRequest request, CancellationToken cancellationToken);
}
