using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Sous.Plugins.Sdk.Testing.Calls;

/// <summary>A record as text, so that two can be compared and searched.</summary>
/// <param name="Id">The service's id of it.</param>
/// <param name="Kind">Whether it is there or gone.</param>
/// <param name="Text">The canonical record and the service's own JSON of it.</param>
/// <param name="Record">The canonical record itself.</param>
internal sealed record RecordView(string Id, ChangeKind Kind, string Text, object? Record)
{
    /// <summary>Marks one version of one record.</summary>
    public string Mark { get; } = $"{Id} {Kind} {Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Text)))}";

    public static RecordView Of<T>(Change<T> change)
        where T : class
        => new(change.Id ?? "", change.Kind, JsonSerializer.Serialize(change.Record) + "\n" + Encoding.UTF8.GetString(change.Raw.Span), change.Record);

    public static RecordView Of<T>(string id, T record)
        where T : class
        => new(id, ChangeKind.Upsert, JsonSerializer.Serialize(record), record);
}
