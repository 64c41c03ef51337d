using System.Globalization;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Migrations;

/// <summary>The stores in a data folder, which is locked until this is disposed.</summary>
internal sealed class EmbeddedSide : IMigrationSide
{
    // The mark that they were moved is the last to go.
    private static readonly string[] s_put = ["registry.db", "registry.journal", "changes.db", "changes.db-wal", "changes.db-shm", FolderMarks.MovedName];

    private readonly DataFolder _folder;
    private readonly FolderMarks _marks;
    private EmbeddedTables? _tables;

    private EmbeddedSide(DataFolder folder) => (_folder, _marks) = (folder, new FolderMarks(folder));

    public DataFolder Folder => _folder;

    public string Where => $"the data folder {_folder.Path}";

    /// <exception cref="MigrationException">A host runs on it.</exception>
    public static EmbeddedSide Open(string path)
    {
        try
        {
            var folder = DataFolder.Open(path);
            if (File.Exists(folder.RegistryFile))
            {
                folder.Claim();
            }

            return new EmbeddedSide(folder);
        }
        catch (StorageException e)
        {
            throw new MigrationException($"A host runs on {path}, or another process has it: stop it first. {e.Message}", e);
        }
    }

    public Task<SideState> LookAsync(CancellationToken cancellationToken)
    {
        var underWay = _marks.UnderWay;
        var isEmpty = !File.Exists(_folder.RegistryFile) && !File.Exists(_folder.ChangesFile);
        return Task.FromResult(new SideState(underWay is null && File.Exists(_folder.ChangesFile) ? Tables.Epoch : null, isEmpty, underWay, _marks.Moved));
    }

    public Task<VaultState> ReadVaultAsync(CancellationToken cancellationToken) => Task.FromResult(VaultState.Of(_folder));

    public IAsyncEnumerable<object?[]> ReadAsync(CopiedTable table, CancellationToken cancellationToken)
        => (table == CopiedTable.Documents ? EmbeddedDocuments.Read(_folder.RegistryFile) : Tables.Read(table)).ToAsyncEnumerable();

    public Task<long> ReadCounterAsync(CopiedTable table, CancellationToken cancellationToken) => Task.FromResult(Tables.ReadCounter(table));

    public Task<MigrationMark> BeginAsync(MigrationMark mark, CancellationToken cancellationToken)
    {
        _folder.Claim();
        if (mark.Aside is null && _marks.Moved is not null)
        {
            mark = mark with { Aside = string.Create(CultureInfo.InvariantCulture, $"before-migrate-{mark.BeganAt:yyyyMMdd'T'HHmmss'Z'}") };
        }

        _marks.Write(mark);
        if (mark.Aside is { } aside)
        {
            Close();
            PutAside(_folder.File(aside));
            mark = mark with { Aside = null };
            _marks.Write(mark);
        }

        return Task.FromResult(mark);
    }

    public async Task ReplaceAsync(CopiedTable table, Func<IAsyncEnumerable<object?[]>> rows, long counter, MigrationMark mark, CancellationToken cancellationToken)
    {
        if (table == CopiedTable.Documents)
        {
            await EmbeddedDocuments.ReplaceAsync(_folder.RegistryFile, rows(), cancellationToken);
        }
        else
        {
            Tables.Clear(table);
            await Tables.InsertAsync(table, rows(), cancellationToken);
            if (table.IsNumbered)
            {
                Tables.KeepCounter(table, counter);
            }
        }

        _marks.Write(mark);
    }

    public Task MakeReadyAsync(FeedEpoch epoch, IReadOnlyList<(string Collection, RegistryEntry Entry)> documents, MigrationMark mark, CancellationToken cancellationToken)
    {
        // Two files: killed between them, the registry is copied anew.
        _marks.Write(mark with { Feed = null });
        Tables.Begin(epoch);
        EmbeddedDocuments.Put(_folder.RegistryFile, documents);
        _marks.Write(mark);
        return Task.CompletedTask;
    }

    public Task OpenAsync(CancellationToken cancellationToken)
    {
        Close();
        _marks.DeleteUnderWay();
        return Task.CompletedTask;
    }

    public Task CloseAsync(MovedMark mark, CancellationToken cancellationToken)
    {
        _marks.Write(mark);
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Close();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private EmbeddedTables Tables => _tables ??= new EmbeddedTables(_folder.ChangesFile);

    private void Close()
    {
        _tables?.Dispose();
        _tables = null;
    }

    private void PutAside(string aside)
    {
        try
        {
            DataFolder.CreateFolder(aside);
            foreach (var name in s_put.Where(name => File.Exists(_folder.File(name))))
            {
                File.Move(_folder.File(name), Path.Combine(aside, name));
            }

            Folders.Flush(aside);
            Folders.Flush(_folder.Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"What stands in {Where} cannot be put aside into {aside}: {e.Message}", e);
        }
    }
}
