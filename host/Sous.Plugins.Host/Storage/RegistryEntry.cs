using System.Text;
using System.Text.Json;

namespace Sous.Plugins.Host.Storage;

/// <summary>A stored document: its JSON, and the object once somebody asked for it. Without JSON it marks a deletion not yet committed.</summary>
internal sealed class RegistryEntry(string key, string? json)
{
    private const int LongestKey = 1_000;
    private const int LargestDocument = 1024 * 1024;

    private object? _document;

    public string Key => key;

    public string? Json => json;

    /// <exception cref="ArgumentException">No store can keep it. Found here, it fails its own write and not all that share its commit.</exception>
    public static RegistryEntry Of<T>(RegistryCollection<T> collection, T document)
        where T : class
    {
        var key = collection.KeyOf(document);
        var utf8 = Encoding.UTF8.GetBytes(key);
        if (utf8.Length is 0 or > LongestKey)
        {
            throw new ArgumentException($"A key in {collection.Name} has {utf8.Length} bytes; allowed are 1 to {LongestKey}.", nameof(document));
        }

        // A lone half of a surrogate pair has no UTF-8, and PostgreSQL's texts have no character 0.
        if (Encoding.UTF8.GetString(utf8) != key || utf8.Contains((byte)0))
        {
            throw new ArgumentException($"A key in {collection.Name} has a character that is none.", nameof(document));
        }

        var json = JsonSerializer.Serialize(document, collection.Json);
        return json.Length > LargestDocument
            ? throw new ArgumentException($"The document {key} in {collection.Name} is longer than {LargestDocument} characters.", nameof(document))
            : new RegistryEntry(key, json) { _document = document };
    }

    /// <summary>Null for a deletion.</summary>
    public T? Read<T>(RegistryCollection<T> collection)
        where T : class
    {
        if (json is null)
        {
            return null;
        }

        if (Volatile.Read(ref _document) is T document)
        {
            return document;
        }

        try
        {
            document = JsonSerializer.Deserialize(json, collection.Json)
                ?? throw new JsonException("The document is null.");
        }
        catch (JsonException e)
        {
            throw new StorageException($"The registry's document {key} in {collection.Name} cannot be read by this version.", e);
        }

        Volatile.Write(ref _document, document);
        return document;
    }
}
