using System.Globalization;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;
using Sous.Plugins.Host.Storage.Sqlite;

namespace Sous.Plugins.Host.Doctor;

/// <summary>Reads both stores from end to end. Of a host that runs, the registry's writes wait meanwhile.</summary>
internal sealed class StoresCheck(DataFolder folder, StoredRegistry stored) : ICheck
{
    public static string Name => "stores";

    public static string Remedy => "Stop the host, move the data folder aside, and restore a backup: sous-plugins restore FILE";

    public async ValueTask<IReadOnlyList<Diagnosis>> RunAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(folder.RegistryFile))
        {
            return [Diagnosis.Ok(Name, "Nothing is stored yet.")];
        }

        var documents = stored() is { } registry ? await registry.WriteAsync(_ => CountDocuments(), cancellationToken) : CountDocuments();
        if (File.Exists(folder.ChangesFile))
        {
            await Task.Run(new SqliteFile(folder.ChangesFile).Verify, cancellationToken);
        }

        return [Diagnosis.Ok(Name, string.Create(CultureInfo.InvariantCulture, $"The registry, {documents} documents, and the change store are whole."))];
    }

    private int CountDocuments()
    {
        using var file = LiteDbFile.OpenReadOnly(folder.RegistryFile);
        return file.Export().Count();
    }
}
