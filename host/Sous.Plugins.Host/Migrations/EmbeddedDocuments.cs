using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Storage.LiteDb;

namespace Sous.Plugins.Host.Migrations;

/// <summary>The registry in a file that no host has open, with its collections under the names that the rooms know.</summary>
internal static class EmbeddedDocuments
{
    private const int DocumentsAtOnce = 1_000;

    /// <summary>The collections that are not held in memory, which bear a mark in the file.</summary>
    public static readonly IReadOnlyList<string> Uncached = [AuditEntry.Collection.Name, PlatformEvent.Collection.Name];

    public static string NameInFile(string collection) => Uncached.Contains(collection) ? LiteDbFile.UncachedPrefix + collection : collection;

    /// <summary>Changes no byte of it.</summary>
    public static IEnumerable<object?[]> Read(string path)
    {
        using var file = LiteDbFile.OpenReadOnly(path);
        foreach (var (collection, entry) in file.Export())
        {
            yield return [collection.StartsWith(LiteDbFile.UncachedPrefix, StringComparison.Ordinal) ? collection[LiteDbFile.UncachedPrefix.Length..] : collection, entry.Key, entry.Json];
        }
    }

    /// <summary>Begins a new file with these.</summary>
    public static async Task ReplaceAsync(string path, IAsyncEnumerable<object?[]> rows, CancellationToken cancellationToken)
    {
        File.Delete(Path.ChangeExtension(path, ".journal"));
        File.Delete(path);
        using var file = LiteDbFile.Open(path);
        await foreach (var some in rows.Chunk(DocumentsAtOnce).WithCancellation(cancellationToken))
        {
            Put(file, some.Select(static row => ((string)(row[0] ?? ""), new RegistryEntry((string)(row[1] ?? ""), (string?)row[2]))));
        }
    }

    public static void Put(string path, IEnumerable<(string Collection, RegistryEntry Entry)> documents)
    {
        using var file = LiteDbFile.Open(path);
        Put(file, documents);
    }

    private static void Put(LiteDbFile file, IEnumerable<(string Collection, RegistryEntry Entry)> documents)
        => file.Apply(documents.ToDictionary(static document => (NameInFile(document.Collection), document.Entry.Key), static document => document.Entry));
}
