namespace Sous.Plugins.Host.Storage.LiteDb;

/// <summary>One write's view: what is committed, what the group before it changed, and its own changes, which only an accepted write hands on.</summary>
internal sealed class LiteDbTransaction(RegistrySnapshot before, LiteDbFile file) : IRegistryTransaction
{
    private readonly Dictionary<(string Collection, string Key), RegistryEntry> _changes = [];

    /// <summary>Collections that are not cached appear here with uncommitted changes only.</summary>
    public RegistrySnapshot After { get; private set; } = before;

    public IReadOnlyDictionary<(string Collection, string Key), RegistryEntry> Changes => _changes;

    public T? Find<T>(RegistryCollection<T> collection, string key)
        where T : class =>
        FindEntry(collection, key)?.Read(collection);

    public IReadOnlyList<T> List<T>(RegistryCollection<T> collection, string keyPrefix)
        where T : class
    {
        var name = StoredName(collection);
        var entries = After.List(name, keyPrefix);
        if (!collection.Cached)
        {
            entries = entries.UnionBy(file.List(name, keyPrefix), e => e.Key).OrderBy(e => e.Key, StringComparer.Ordinal);
        }

        return [.. entries.Select(e => e.Read(collection)).OfType<T>()];
    }

    public void Put<T>(RegistryCollection<T> collection, T document)
        where T : class
    {
        var entry = RegistryEntry.Of(collection, document);
        var name = StoredName(collection);
        _changes[(name, entry.Key)] = entry;
        After = After.With(name, entry);
    }

    public bool Delete<T>(RegistryCollection<T> collection, string key)
        where T : class
    {
        if (FindEntry(collection, key)?.Json is null)
        {
            return false;
        }

        var name = StoredName(collection);
        var deletion = new RegistryEntry(key, null);
        _changes[(name, key)] = deletion;
        After = collection.Cached ? After.Without(name, key) : After.With(name, deletion);
        return true;
    }

    private static string StoredName<T>(RegistryCollection<T> collection)
        where T : class =>
        collection.Cached ? collection.Name : LiteDbFile.UncachedPrefix + collection.Name;

    private RegistryEntry? FindEntry<T>(RegistryCollection<T> collection, string key)
        where T : class
    {
        var name = StoredName(collection);
        return After.Find(name, key) ?? (collection.Cached ? null : file.Find(name, key));
    }
}
