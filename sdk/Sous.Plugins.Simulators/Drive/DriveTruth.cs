using Sous.Plugins.Simulators.Drive.Files;

namespace Sous.Plugins.Simulators.Drive;

/// <summary>What a simulated Drive holds at the moment of asking, told without its API.</summary>
public sealed class DriveTruth
{
    internal DriveTruth(FileStore store) => Files = store.Read(all => all.Select(file => new DriveFileTruth(
        file.Id, file.Name, file.MimeType, file.Parent, file.DriveId, store.IsTrashed(file), file.Content?.Length, file.Content?.Md5, file.ShortcutTarget)).ToList());

    /// <summary>Every file and folder that the account can see, those in the bin too.</summary>
    public IReadOnlyList<DriveFileTruth> Files { get; }

    /// <summary>What a listing of a folder has to give: its files outside of the bin.</summary>
    /// <param name="folder">The folder's id.</param>
    public IReadOnlyList<DriveFileTruth> In(string folder) => [.. Files.Where(file => file.Parent == folder && !file.Trashed)];
}
