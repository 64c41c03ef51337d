using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Migrations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;
using Sous.Plugins.Host.Storage.Sqlite;

namespace Sous.Plugins.Host.Backup;

/// <summary>
/// Makes a data folder of a backup: beside the place that it is for, until it is whole and on disk; then it takes that place in
/// one step. What stood there is moved aside, never deleted.
/// </summary>
internal sealed class Restore(BackupFile backup, RestoreTarget target, TimeProvider clock)
{
    private const int DocumentsAtOnce = 1_000;

    /// <returns>Where what stood there was moved to, or null where nothing did.</returns>
    /// <exception cref="BackupException">It could not be restored; what stands in the place is as it was.</exception>
    public async Task<string?> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var staged = Stage();
            try
            {
                await FillAsync(staged, cancellationToken);
                return target.Take(staged, clock.GetUtcNow());
            }
            catch
            {
                // Not there any more where it took its place after all.
                if (Directory.Exists(staged.Path))
                {
                    Directory.Delete(staged.Path, recursive: true);
                }

                throw;
            }
        }
        catch (Exception e) when (e is StorageException or IOException or UnauthorizedAccessException)
        {
            throw new BackupException($"The backup could not be restored into {target.Path}: {e.Message}", e);
        }
    }

    /// <summary>An empty folder beside the place; what a killed restore left of it is thrown away.</summary>
    private DataFolder Stage()
    {
        var path = target.Path + ".restoring";
        if (Directory.Exists(path))
        {
            using var unfinished = DataFolder.Open(path);
            Directory.Delete(path, recursive: true);
        }

        var staged = DataFolder.Open(path);
        staged.Claim();
        return staged;
    }

    private async Task FillAsync(DataFolder staged, CancellationToken cancellationToken)
    {
        await backup.UnpackAsync(BackupPart.Changes, staged.ChangesFile, cancellationToken);
        var moved = EpochTable.Renew(staged.ChangesFile, clock.GetUtcNow());
        await FillRegistryAsync(staged, moved, cancellationToken);
        KeepGeneratedKey(staged);
        Folders.Flush(staged.Path);
    }

    /// <param name="moved">By how much the feeds' numbers are greater than those that the registry knows.</param>
    private async Task FillRegistryAsync(DataFolder staged, long moved, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var restoration = new Restoration { BackupAt = backup.Manifest.MadeAt, RestoredAt = now };
        var audit = AuditEntry.Make(now, AuditEntry.Host, "backup.restored", detail: $"as of {backup.Manifest.MadeAt:u}");
        using (var registry = LiteDbFile.Open(staged.RegistryFile))
        {
            var documents = new Dictionary<(string Collection, string Key), RegistryEntry>();
            await foreach (var (collection, entry) in backup.ReadDocumentsAsync(cancellationToken))
            {
                if (Renew(collection, entry, moved, now) is { } restored)
                {
                    documents[(collection, entry.Key)] = restored;
                }

                if (documents.Count == DocumentsAtOnce)
                {
                    registry.Apply(documents);
                    documents.Clear();
                }
            }

            // Last of all: a registry without it would take itself for the only one.
            documents[(Restoration.Collection.Name, restoration.Id)] = RegistryEntry.Of(Restoration.Collection, restoration);
            Append(registry, documents, audit);
            registry.Apply(documents);
        }

        // Spent, and nothing of a registry may be found beside another one.
        File.Delete(Path.ChangeExtension(staged.RegistryFile, ".journal"));
    }

    private static void Append(LiteDbFile registry, Dictionary<(string Collection, string Key), RegistryEntry> documents, AuditEntry audit)
    {
        var place = (AuditHead.Collection.Name, AuditHead.Key);
        var last = (documents.GetValueOrDefault(place) ?? registry.Find(place.Name, place.Key))?.Read(AuditHead.Collection) ?? AuditHead.Beginning;
        foreach (var (collection, document) in AuditTrail.Follow(last, audit))
        {
            documents[(EmbeddedDocuments.NameInFile(collection), document.Key)] = document;
        }
    }

    /// <summary>
    /// The platform's logs begin anew, above every number that they told: who has read further than the backup knows would
    /// otherwise miss, without a word, what comes to stand there. What was told of a feed's entries stays told, under their new numbers.
    /// </summary>
    private static RegistryEntry? Renew(string collection, RegistryEntry entry, long moved, DateTimeOffset now)
    {
        if (collection == LiteDbFile.UncachedPrefix + PlatformEvent.Collection.Name)
        {
            return null;
        }

        if (collection == ToldRecords.Collection.Name && entry.Read(ToldRecords.Collection) is { } told)
        {
            return RegistryEntry.Of(ToldRecords.Collection, told.Move(moved));
        }

        return collection == EventHead.Collection.Name && entry.Read(EventHead.Collection) is { } head ? RegistryEntry.Of(EventHead.Collection, head.BeginAnew(now)) : entry;
    }

    /// <summary>A key that the host made itself lies in the folder and is in no backup: where it fits, it stays with the place.</summary>
    private void KeepGeneratedKey(DataFolder staged)
    {
        if (target.FindGeneratedKey(backup.Manifest.MasterKey) is { } key)
        {
            new GeneratedKeyFile(staged).Keep(key);
        }
    }
}
