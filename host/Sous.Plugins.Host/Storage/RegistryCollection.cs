using System.Text.Json.Serialization.Metadata;

namespace Sous.Plugins.Host.Storage;

/// <summary>
/// One kind of document in the registry: its collection's name, its key, how it is written as JSON.
/// Each room declares its own as a static readonly field on the document type, with a source-generated <see cref="JsonTypeInfo{T}"/>.
/// </summary>
/// <param name="name">Lower-case snake_case, fixed for ever: it is the collection's name on disk.</param>
/// <param name="key">The document's key: 1 to 1,000 bytes of UTF-8, compared by ordinal, so case counts. A prefix such as "tenant/" makes a listing by tenant cheap.</param>
/// <param name="json">camelCase names; enums as snake_case text.</param>
/// <param name="cached">False for what is appended for ever and seldom read (audit entries): it is then read from disk, through the writer.</param>
internal sealed class RegistryCollection<T>(string name, Func<T, string> key, JsonTypeInfo<T> json, bool cached = true)
    where T : class
{
    public string Name { get; } = name;

    public bool Cached { get; } = cached;

    public JsonTypeInfo<T> Json { get; } = json;

    public string KeyOf(T document) => key(document);
}
