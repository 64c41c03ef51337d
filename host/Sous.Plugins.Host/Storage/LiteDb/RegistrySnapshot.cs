using System.Collections.Immutable;

namespace Sous.Plugins.Host.Storage.LiteDb;

/// <summary>The registry's documents at one moment; a change makes another snapshot and leaves this one as it is.</summary>
internal sealed class RegistrySnapshot
{
    public static readonly RegistrySnapshot Empty = new(ImmutableDictionary<string, ImmutableSortedSet<RegistryEntry>>.Empty);

    private static readonly ImmutableSortedSet<RegistryEntry> None = ImmutableSortedSet.Create<RegistryEntry>(new ByKey());

    private readonly ImmutableDictionary<string, ImmutableSortedSet<RegistryEntry>> _collections;

    private RegistrySnapshot(ImmutableDictionary<string, ImmutableSortedSet<RegistryEntry>> collections) => _collections = collections;

    public bool IsEmpty => _collections.Values.All(c => c.IsEmpty);

    public RegistryEntry? Find(string collection, string key) =>
        Of(collection).TryGetValue(new RegistryEntry(key, null), out var entry) ? entry : null;

    /// <summary>In ordinal key order.</summary>
    public IEnumerable<RegistryEntry> List(string collection, string keyPrefix)
    {
        var entries = Of(collection);
        var from = entries.IndexOf(new RegistryEntry(keyPrefix, null));
        for (var i = from < 0 ? ~from : from; i < entries.Count && entries[i].Key.StartsWith(keyPrefix, StringComparison.Ordinal); i++)
        {
            yield return entries[i];
        }
    }

    public RegistrySnapshot With(string collection, RegistryEntry entry) =>
        new(_collections.SetItem(collection, Of(collection).Remove(entry).Add(entry)));

    public RegistrySnapshot Without(string collection, string key) =>
        new(_collections.SetItem(collection, Of(collection).Remove(new RegistryEntry(key, null))));

    public RegistrySnapshot WithAll(string collection, IEnumerable<RegistryEntry> entries) =>
        new(_collections.SetItem(collection, None.Union(entries)));

    public RegistrySnapshot Drop(IEnumerable<string> collections) => new(_collections.RemoveRange(collections));

    private ImmutableSortedSet<RegistryEntry> Of(string collection) => _collections.GetValueOrDefault(collection, None);

    private sealed class ByKey : IComparer<RegistryEntry>
    {
        public int Compare(RegistryEntry? x, RegistryEntry? y) => string.CompareOrdinal(x?.Key, y?.Key);
    }
}
