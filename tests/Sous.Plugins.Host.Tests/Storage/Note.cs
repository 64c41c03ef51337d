using System.Text.Json.Serialization;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Tests.Storage;

internal sealed record Note(string Id, string Text, int Count = 0)
{
    public static readonly RegistryCollection<Note> Collection = new("notes", n => n.Id, NoteJson.Default.Note);
    public static readonly RegistryCollection<Note> Log = new("audit", n => n.Id, NoteJson.Default.Note, cached: false);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Note))]
internal sealed partial class NoteJson : JsonSerializerContext;
