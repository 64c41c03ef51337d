using System.Buffers;
using System.Text.Json;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Backup;

/// <summary>A document of the registry as a line of a backup. Its JSON goes through as it stands: what a document means is its room's to know.</summary>
internal static class DocumentLine
{
    public static void Write(IBufferWriter<byte> output, string collection, RegistryEntry entry)
    {
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writer.WriteString("collection"u8, collection);
            writer.WriteString("key"u8, entry.Key);
            writer.WritePropertyName("document"u8);
            writer.WriteRawValue(entry.Json ?? "null");
            writer.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    /// <exception cref="JsonException">It is no such line.</exception>
    public static (string Collection, RegistryEntry Entry) Read(string line)
    {
        using var json = JsonDocument.Parse(line);
        return json.RootElement is { ValueKind: JsonValueKind.Object } root
            && root.TryGetProperty("collection", out var collection) && collection.GetString() is { Length: > 0 } name
            && root.TryGetProperty("key", out var key) && key.GetString() is { Length: > 0 } id
            && root.TryGetProperty("document", out var document) && document.ValueKind == JsonValueKind.Object
                ? (name, new RegistryEntry(id, document.GetRawText()))
                : throw new JsonException("It is no document of a registry.");
    }
}
