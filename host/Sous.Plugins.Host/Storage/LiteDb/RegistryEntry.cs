using System.Text.Json;

namespace Sous.Plugins.Host.Storage.LiteDb;

/// <summary>A stored document: its JSON, and the object once somebody asked for it. Without JSON it marks a deletion not yet committed.</summary>
internal sealed class RegistryEntry(string key, string? json)
{
    private object? _document;

    public string Key => key;

    public string? Json => json;

    public static RegistryEntry Of<T>(RegistryCollection<T> collection, T document)
        where T : class
    {
        var key = collection.KeyOf(document);
        return new RegistryEntry(key, JsonSerializer.Serialize(document, collection.Json)) { _document = document };
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
