using Sous.Plugins.Simulators.Drive.Files;

namespace Sous.Plugins.Simulators.Drive;

/// <summary>What the owner does in the Drive while a test runs. Everything happens at the clock's now. Safe to use from several threads.</summary>
public sealed class DriveChanges
{
    private readonly FileStore _store;
    private readonly DriveSimulatorOptions _options;
    private readonly FileSeeder _seeder;
    private int _made = 50_000;

    internal DriveChanges(FileStore store, FileSeeder seeder, DriveSimulatorOptions options) => (_store, _seeder, _options) = (store, seeder, options);

    /// <summary>Puts a new recipe into a folder. Returns its id.</summary>
    /// <param name="folder">The folder's id.</param>
    /// <exception cref="ArgumentException">There is no such folder.</exception>
    public string Add(string folder)
    {
        var parent = _store.Find(folder) ?? throw new ArgumentException($"There is no folder {folder}.", nameof(folder));
        var model = _seeder.Recipe(Interlocked.Increment(ref _made), parent.Id, parent.DriveId);
        var file = new DriveFile { Id = model.Id, Name = model.Name, MimeType = model.MimeType, Parent = parent.Id, DriveId = parent.DriveId, Created = _store.Now, Modified = _store.Now, Content = model.Content };
        _store.Add(file);
        return file.Id;
    }

    /// <summary>Writes new content into a file.</summary>
    /// <param name="id">The file.</param>
    /// <exception cref="ArgumentException">There is no such file.</exception>
    public void Write(string id) => _store.Change(id, (file, now) =>
        (file.Content, file.Modified) = (FileSeeder.Content(_options.Seed, 60_000, Interlocked.Increment(ref _made)), Math.Max(now, file.Modified + 1)));

    /// <summary>Gives a file another name.</summary>
    /// <param name="id">The file.</param>
    /// <param name="name">Its new name.</param>
    /// <exception cref="ArgumentException">There is no such file.</exception>
    public void Rename(string id, string name) => _store.Change(id, (file, now) => (file.Name, file.Modified) = (name, Math.Max(now, file.Modified + 1)));

    /// <summary>Moves a file into another folder, also onto or off a shared drive. Its time of change stays, as in Drive.</summary>
    /// <param name="id">The file.</param>
    /// <param name="folder">The folder's id.</param>
    /// <exception cref="ArgumentException">There is no such file or folder.</exception>
    public void Move(string id, string folder)
    {
        var parent = _store.Find(folder) ?? throw new ArgumentException($"There is no folder {folder}.", nameof(folder));
        _store.Change(id, (file, _) => (file.Parent, file.DriveId) = (parent.Id, parent.DriveId));
    }

    /// <summary>Puts a file or folder into the bin. What is in a folder goes with it, and no change tells of that.</summary>
    /// <param name="id">The file or folder.</param>
    /// <exception cref="ArgumentException">There is no such file.</exception>
    public void Trash(string id) => _store.Change(id, static (file, _) => file.Trashed = true);

    /// <summary>Takes a file or folder out of the bin.</summary>
    /// <param name="id">The file or folder.</param>
    /// <exception cref="ArgumentException">There is no such file.</exception>
    public void Restore(string id) => _store.Change(id, static (file, _) => file.Trashed = false);

    /// <summary>Deletes a file for good, or takes it away from the account: the two look alike.</summary>
    /// <param name="id">The file.</param>
    /// <exception cref="ArgumentException">There is no such file.</exception>
    public void Delete(string id) => _store.Remove(id);
}
