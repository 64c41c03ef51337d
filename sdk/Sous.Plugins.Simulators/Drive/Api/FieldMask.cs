using System.Text.Json.Nodes;

namespace Sous.Plugins.Simulators.Drive.Api;

/// <summary>The <c>fields</c> parameter: which members an answer has, as in <c>nextPageToken,files(id,capabilities/canDownload)</c>.</summary>
internal sealed class FieldMask
{
    private readonly Dictionary<string, FieldMask?> _members = new(StringComparer.Ordinal);

    private FieldMask()
    {
    }

    public static FieldMask Parse(string fields)
    {
        var at = 0;
        var mask = ParseList(fields, ref at);
        return at == fields.Length ? mask : throw Wrong(fields);
    }

    /// <summary>A copy that has only the members asked for. A member that none of the answers ever has is refused.</summary>
    public JsonObject Apply(JsonObject whole, IReadOnlySet<string> known)
    {
        if (_members.ContainsKey("*"))
        {
            return (JsonObject)whole.DeepClone();
        }

        var part = new JsonObject();
        foreach (var (name, inner) in _members)
        {
            if (!known.Contains(name) && !whole.ContainsKey(name))
            {
                throw new DriveFault(400, "invalidParameter", $"Invalid field selection {name}", "fields");
            }

            if (whole[name] is { } value)
            {
                part[name] = (inner, value) switch
                {
                    (null, _) => value.DeepClone(),
                    (_, JsonArray list) => new JsonArray([.. list.Select(item => (JsonNode)inner.Apply((JsonObject)item!, known))]),
                    (_, JsonObject one) => inner.Apply(one, known),
                    _ => throw Wrong(name),
                };
            }
        }

        return part;
    }

    private static FieldMask ParseList(string text, ref int at)
    {
        var mask = new FieldMask();
        while (true)
        {
            ParseOne(text, ref at, mask);
            if (at >= text.Length || text[at] != ',')
            {
                return mask;
            }

            at++;
        }
    }

    private static void ParseOne(string text, ref int at, FieldMask mask)
    {
        var start = at;
        while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] is '*' or ' ' or '_'))
        {
            at++;
        }

        var name = text[start..at].Trim();
        if (name.Length == 0)
        {
            throw Wrong(text);
        }

        var inner = mask._members.GetValueOrDefault(name);
        if (at < text.Length && text[at] == '/')
        {
            at++;
            ParseOne(text, ref at, inner ??= new FieldMask());
        }
        else if (at < text.Length && text[at] == '(')
        {
            at++;
            inner = ParseList(text, ref at);
            if (at >= text.Length || text[at++] != ')')
            {
                throw Wrong(text);
            }
        }

        mask._members[name] = inner;
    }

    private static DriveFault Wrong(string text) => new(400, "invalidParameter", $"Invalid field selection {text}", "fields");
}
