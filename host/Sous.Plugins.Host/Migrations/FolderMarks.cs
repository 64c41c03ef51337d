using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Backup;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Migrations;

/// <summary>The marks of a migration in a data folder, a small file each.</summary>
internal sealed class FolderMarks(DataFolder folder)
{
    public const string MovedName = "moved.json";

    private readonly string _underWay = folder.File("migration.json");
    private readonly string _moved = folder.File(MovedName);

    /// <exception cref="StorageException">The mark cannot be read.</exception>
    public MigrationMark? UnderWay => Read(_underWay, MigrationsJson.Default.MigrationMark);

    /// <inheritdoc cref="UnderWay"/>
    public MovedMark? Moved => Read(_moved, MigrationsJson.Default.MovedMark);

    public void Write(MigrationMark mark) => Write(_underWay, mark, MigrationsJson.Default.MigrationMark);

    public void Write(MovedMark mark) => Write(_moved, mark, MigrationsJson.Default.MovedMark);

    public void DeleteUnderWay()
    {
        File.Delete(_underWay);
        Folders.Flush(folder.Path);
    }

    /// <exception cref="BootGateException">No host may work on the folder's own stores.</exception>
    public static void Refuse(DataFolder folder)
    {
        var marks = new FolderMarks(folder);
        var where = $"the data folder {folder.Path}";
        if (marks.UnderWay is { } underWay)
        {
            throw new BootGateException(underWay.Explain(where));
        }

        if (marks.Moved is { } moved)
        {
            throw new BootGateException($"{moved.Explain(where)} Set SOUS_{ClusterAssembly.Setting} to that database, or bring all of it back with: sous-plugins migrate --to embedded");
        }
    }

    private void Write<T>(string path, T mark, JsonTypeInfo<T> json)
    {
        try
        {
            OwnerFile.Write(path, JsonSerializer.Serialize(mark, json));
            Folders.Flush(folder.Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"{path} cannot be written: {e.Message}", e);
        }
    }

    private static T? Read<T>(string path, JsonTypeInfo<T> json)
        where T : class
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize(File.ReadAllText(path), json) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new StorageException($"{path} cannot be read, and so not told what the folder holds: {e.Message}", e);
        }
    }
}
