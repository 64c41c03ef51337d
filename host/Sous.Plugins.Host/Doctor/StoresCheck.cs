using System.Globalization;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;
using Sous.Plugins.Host.Storage.Sqlite;

namespace Sous.Plugins.Host.Doctor;

/// <summary>Reads both stores from end to end. Of a host that runs, the registry's writes wait meanwhile.</summary>
internal sealed class StoresCheck(DataFolder folder, IConfiguration configuration, StoredRegistry stored, SharedStores? shared = null) : ICheck
{
    public static string Name => "stores";

    public static string Remedy => "Stop the host, move the data folder aside, and restore a backup: sous-plugins restore FILE";

    public async ValueTask<IReadOnlyList<Diagnosis>> RunAsync(CancellationToken cancellationToken)
    {
        if (ClusterAssembly.IsSetIn(configuration))
        {
            return [await AskSharedAsync(cancellationToken)];
        }

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

    private async Task<Diagnosis> AskSharedAsync(CancellationToken cancellationToken)
    {
        if (shared is null)
        {
            return Diagnosis.Warning(Name, "The stores are in PostgreSQL, and only a host that runs looks into them.", "Start the host, and ask again.");
        }

        try
        {
            await shared.Registry.FindAsync(Canary.Collection, Canary.Key, cancellationToken);
            await shared.Inbox.ReadNewAsync(1, cancellationToken);
            return Diagnosis.Ok(Name, $"The stores in {shared.Where} answer.");
        }
        catch (StorageException e)
        {
            return Diagnosis.Failed(Name, e.Message, $"Start PostgreSQL, or correct SOUS_{ClusterAssembly.Setting}; hosts go on by themselves once it answers.");
        }
    }

    private int CountDocuments()
    {
        using var file = LiteDbFile.OpenReadOnly(folder.RegistryFile);
        return file.Export().Count();
    }
}
