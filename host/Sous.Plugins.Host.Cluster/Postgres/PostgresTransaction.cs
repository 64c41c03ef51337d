using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>One work's view: the documents of its group, and its own changes, which only an accepted work hands on.</summary>
internal sealed class PostgresTransaction(DocumentGroup documents) : IRegistryTransaction
{
    private readonly Dictionary<(string Collection, string Key), RegistryEntry> _changes = [];

    public IReadOnlyDictionary<(string Collection, string Key), RegistryEntry> Changes => _changes;

    public T? Find<T>(RegistryCollection<T> collection, string key)
        where T : class
        => FindEntry(collection.Name, key).Read(collection);

    public IReadOnlyList<T> List<T>(RegistryCollection<T> collection, string keyPrefix)
        where T : class
        => [.. DocumentGroup.Under(_changes, collection.Name, keyPrefix, documents.List(collection.Name, keyPrefix))
            .OrderBy(static entry => entry.Key, StringComparer.Ordinal)
            .Select(entry => entry.Read(collection))
            .OfType<T>()];

    public void Put<T>(RegistryCollection<T> collection, T document)
        where T : class
    {
        var entry = RegistryEntry.Of(collection, document);
        _changes[(collection.Name, entry.Key)] = entry;
    }

    public bool Delete<T>(RegistryCollection<T> collection, string key)
        where T : class
    {
        if (FindEntry(collection.Name, key).Json is null)
        {
            return false;
        }

        _changes[(collection.Name, key)] = new RegistryEntry(key, null);
        return true;
    }

    private RegistryEntry FindEntry(string collection, string key) => _changes.TryGetValue((collection, key), out var entry) ? entry : documents.Find(collection, key);
}
