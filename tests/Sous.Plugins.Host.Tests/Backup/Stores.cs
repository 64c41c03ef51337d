using Microsoft.Extensions.Logging.Abstractions;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;
using Sous.Plugins.Host.Storage.Sqlite;

namespace Sous.Plugins.Host.Tests.Backup;

/// <summary>Both embedded stores of one data folder, as a host has them open.</summary>
internal sealed class Stores : IAsyncDisposable
{
    private readonly DataFolder _folder;

    private Stores(string path)
    {
        _folder = DataFolder.Open(path);
        Registry = LiteDbRegistry.Open(_folder, NullLogger<LiteDbRegistry>.Instance);
        Changes = SqliteChangeStore.Open(_folder.ChangesFile);
        Backups = new Backups(_folder, TimeProvider.System, Registry, Changes);
    }

    public LiteDbRegistry Registry { get; }

    public SqliteChangeStore Changes { get; }

    public Backups Backups { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static Stores Open(string path) => new(path);

    /// <summary>Makes a backup file, as the API streams it.</summary>
    public async Task<BackupManifest> BackUpAsync(string file)
    {
        await using var backup = NewBackup.Create(file, overwrite: true);
        await using (var point = await Backups.TakeAsync("test", Token))
        {
            await point!.WriteAsync(backup.Stream, Token);
        }

        return await backup.FinishAsync(Token);
    }

    public static async Task<string?> RestoreAsync(string file, string path, bool force = false)
    {
        await using var backup = await BackupFile.OpenAsync(file, Token);
        using var target = RestoreTarget.Open(path, force);
        return await new Restore(backup, target, TimeProvider.System).RunAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        await Registry.DisposeAsync();
        await Changes.DisposeAsync();
        Backups.Dispose();
        _folder.Dispose();
    }
}
