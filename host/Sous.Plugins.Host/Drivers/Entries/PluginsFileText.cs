using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sous.Plugins.Host.Drivers.Entries;

/// <summary>Changes one entry of plugins.json as text: whatever else stands there, comments too, stays to the byte.</summary>
internal static class PluginsFileText
{
    private static readonly JsonReaderOptions s_lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };
    private static readonly JsonDocumentOptions s_lenientDocument = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };
    private static readonly JsonSerializerOptions s_written = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Puts the entry of an id in place of the one that is there, or after the last one.</summary>
    /// <param name="utf8">A plugins.json that was found valid.</param>
    /// <param name="id">The entry's id.</param>
    /// <param name="change">Gets a copy of the entry, an empty object where there is none.</param>
    public static byte[] WithEntry(ReadOnlySpan<byte> utf8, string id, Action<JsonObject> change)
    {
        var bom = utf8.StartsWith("\uFEFF"u8) ? 3 : 0;
        var (begin, end, isNew, isFirst) = Find(utf8[bom..], id);
        var entry = isNew ? [] : JsonNode.Parse(utf8[(bom + begin)..(bom + end)], documentOptions: s_lenientDocument)?.AsObject() ?? [];
        change(entry);
        var text = Encoding.UTF8.GetBytes($"{(isNew ? isFirst ? "\n    " : ",\n    " : "")}{Write(entry)}{(isNew && isFirst ? "\n  " : "")}");
        return [.. utf8[..(bom + begin)], .. text, .. utf8[(bom + end)..]];
    }

    /// <returns>Where the entry stands or, for a new one, the empty place after the last entry.</returns>
    private static (int Begin, int End, bool IsNew, bool IsFirst) Find(ReadOnlySpan<byte> utf8, string id)
    {
        var reader = new Utf8JsonReader(utf8, s_lenient);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isPlugins = reader.ValueTextEquals("plugins"u8);
            reader.Read();
            if (!isPlugins)
            {
                reader.Skip();
                continue;
            }

            var (last, isFirst) = ((int)reader.BytesConsumed, true);
            while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                var begin = (int)reader.TokenStartIndex;
                reader.Skip();
                (last, isFirst) = ((int)reader.BytesConsumed, false);
                using var entry = JsonDocument.Parse(utf8[begin..last].ToArray(), s_lenientDocument);
                if (entry.RootElement.GetProperty("id").ValueEquals(id))
                {
                    return (begin, last, false, false);
                }
            }

            return (last, last, true, isFirst);
        }

        throw new InvalidOperationException("A valid plugins.json has a list of plugins.");
    }

    private static string Write(JsonObject entry) => $"{{ {string.Join(", ", entry.Select(static member => $"{JsonSerializer.Serialize(member.Key)}: {member.Value?.ToJsonString(s_written) ?? "null"}"))} }}";
}
