using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;
using Sous.Plugins.Host.Storage.Sqlite;

namespace Sous.Plugins.Host.Backup;

/// <summary>
/// Takes both stores at one moment, while they are written to. The moment is one at which the registry's writer stands still:
/// the pair is then what a power cut would leave, and the start that carries out what a power cut left pending makes it right.
/// With one store taken after the other, an intent could be done in the one and unknown, or still to be done, in the other.
/// </summary>
internal sealed class Backups(DataFolder folder, TimeProvider clock, LiteDbRegistry? registry = null, SqliteChangeStore? changes = null) : IHostedService, IDisposable
{
    /// <summary>Where the copies lie while they are packed; of no use to anybody, and gone when a backup ends or the next host starts.</summary>
    private const string Scratch = "backup.tmp";

    private readonly SemaphoreSlim _one = new(1);

    /// <summary>Whether the stores are files; those in a database that several hosts share are backed up by its own means.</summary>
    public bool IsPossible => registry is not null && changes is not null;

    /// <returns>Both stores, held on to; null where a backup is being made already.</returns>
    /// <exception cref="StorageException">A store cannot be read, or the data folder not be written.</exception>
    public async Task<BackupPoint?> TakeAsync(string actor, CancellationToken cancellationToken)
    {
        if (registry is null || changes is null)
        {
            throw new InvalidOperationException("There are no files to back up.");
        }

        if (!await _one.WaitAsync(0, cancellationToken))
        {
            return null;
        }

        BackupPoint? point = null;
        try
        {
            RemoveScratch();
            DataFolder.CreateFolder(folder.File(Scratch));
            await registry.AppendAsync(AuditEntry.Make(clock.GetUtcNow(), actor, "backup.taken"), cancellationToken);
            var registryCopy = Path.Combine(folder.File(Scratch), "registry.db");
            SqliteSnapshot? snapshot = null;
            await registry.CopyAsync(
                registryCopy,
                () =>
                {
                    snapshot?.Dispose();
                    snapshot = changes.Pin();
                },
                cancellationToken);
            return point = new BackupPoint(registryCopy, snapshot ?? throw new InvalidOperationException("The registry named no moment."), clock.GetUtcNow(), End);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The data folder {folder.Path} cannot hold the copies that a backup is made of: {e.Message}", e);
        }
        finally
        {
            if (point is null)
            {
                End();
            }
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        RemoveScratch();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _one.Dispose();

    private void End()
    {
        RemoveScratch();
        _one.Release();
    }

    private void RemoveScratch()
    {
        if (Directory.Exists(folder.File(Scratch)))
        {
            Directory.Delete(folder.File(Scratch), recursive: true);
        }
    }
}
