using System.Xml;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;

namespace Sous.Plugins.Host.Credentials;

/// <summary>What the boot gate judges: the ring and its canary as they are stored.</summary>
/// <param name="Where">The store, for sentences.</param>
/// <param name="Fresh">There is nothing stored at all: a first start.</param>
/// <param name="Versions">Of the credentials.</param>
/// <param name="Tally">That they must fit.</param>
internal sealed record VaultState(
    string Where, bool Fresh, IReadOnlyList<RingEntry> Ring, Canary? Canary, IReadOnlyList<CredentialVersion> Versions, CredentialTally? Tally)
{
    /// <summary>The id of the master key that the ring is wrapped by, or null where none can be told.</summary>
    public string? Kid
    {
        get
        {
            try
            {
                return Ring.SelectMany(RingWrapper.KidsOf).FirstOrDefault();
            }
            catch (XmlException)
            {
                return null;
            }
        }
    }

    /// <inheritdoc cref="OfAsync(string, IRegistry, CancellationToken)"/>
    public static async Task<VaultState> OfAsync(SharedStores stores, CancellationToken cancellationToken)
        => stores.IsFresh ? new VaultState(stores.Where, true, [], null, [], null) : await OfAsync(stores.Where, stores.Registry, cancellationToken);

    /// <summary>Reads all at one moment, as keys may be rotated meanwhile.</summary>
    /// <exception cref="StorageException">The registry cannot be read.</exception>
    public static Task<VaultState> OfAsync(string where, IRegistry registry, CancellationToken cancellationToken) => registry.WriteAsync(
        stored => new VaultState(
            where,
            false,
            stored.List(RingEntry.Collection, ""),
            stored.Find(Canary.Collection, Canary.Key),
            stored.List(CredentialVersion.Collection, ""),
            stored.Find(CredentialTally.Collection, CredentialTally.Key)),
        cancellationToken);

    /// <summary>Reads a data folder and changes no byte of it.</summary>
    /// <exception cref="StorageException">The registry is damaged.</exception>
    public static VaultState Of(DataFolder folder)
    {
        if (!File.Exists(folder.RegistryFile))
        {
            return new VaultState(folder.RegistryFile, true, [], null, [], null);
        }

        using var file = LiteDbFile.OpenReadOnly(folder.RegistryFile);
        var documents = file.Load();
        return new VaultState(
            folder.RegistryFile,
            documents.IsEmpty,
            List(RingEntry.Collection),
            Find(Canary.Collection, Canary.Key),
            List(CredentialVersion.Collection),
            Find(CredentialTally.Collection, CredentialTally.Key));

        T? Find<T>(RegistryCollection<T> collection, string key)
            where T : class => documents.Find(collection.Name, key)?.Read(collection);

        List<T> List<T>(RegistryCollection<T> collection)
            where T : class => [.. documents.List(collection.Name, "").Select(entry => entry.Read(collection)).OfType<T>()];
    }
}
