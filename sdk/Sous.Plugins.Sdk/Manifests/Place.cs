using System.Text.Json;

namespace Sous.Plugins.Sdk.Manifests;

/// <summary>An object in a driver.json, and where it stands.</summary>
internal sealed class Place(string path, JsonElement found)
{
    public static ManifestException Wrong(string path, string what) => new($"driver.json cannot be read at {path}: it {what}.");

    public ManifestException Lacks(string name) => new($"driver.json cannot be read at {path}: \"{name}\" is missing.");

    public JsonElement? Find(string name) => found.TryGetProperty(name, out var value) ? value : null;

    public void AllowOnly(params ReadOnlySpan<string> names)
    {
        foreach (var member in found.EnumerateObject())
        {
            if (!names.Contains(member.Name))
            {
                throw Wrong(PathOf(member.Name), "is not a known member");
            }
        }
    }

    public string Needed(string name) => Find(name) is { } value ? TextOf(value, PathOf(name)) : throw Lacks(name);

    public string? Text(string name) => Find(name) is { ValueKind: not JsonValueKind.Null } value ? TextOf(value, PathOf(name)) : null;

    public Uri? Address(string name)
        => Text(name) is not { } text ? null
            : Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out var address) ? address
            : throw Wrong(PathOf(name), "is not an address");

    public int? Number(string name)
        => Find(name) is not { ValueKind: not JsonValueKind.Null } value ? null
            : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number
            : throw Wrong(PathOf(name), "is not a whole number");

    /// <summary>Which of some words it is; the first where it is not said and need not be.</summary>
    public int Choice(string name, string first, string second, string? third = null, bool isNeeded = false)
    {
        if (Find(name) is not { } value)
        {
            return isNeeded ? throw Lacks(name) : 0;
        }

        var text = TextOf(value, PathOf(name));
        return text == first ? 0
            : text == second ? 1
            : third is not null && text == third ? 2
            : throw Wrong(PathOf(name), $"is none of {first}, {second}{(third is null ? "" : $", {third}")}");
    }

    public IReadOnlyList<string> Texts(string name)
    {
        if (Find(name) is not { } list)
        {
            return [];
        }

        var texts = new List<string>();
        if (list.ValueKind != JsonValueKind.Array)
        {
            throw Wrong(PathOf(name), "is not a list");
        }

        foreach (var item in list.EnumerateArray())
        {
            texts.Add(TextOf(item, $"{PathOf(name)}[{texts.Count}]"));
        }

        return texts;
    }

    public IReadOnlyDictionary<string, string> Words(string name)
    {
        var words = new Dictionary<string, string>();
        if (Find(name) is not { } members)
        {
            return words;
        }

        if (members.ValueKind != JsonValueKind.Object)
        {
            throw Wrong(PathOf(name), "is not an object");
        }

        foreach (var member in members.EnumerateObject())
        {
            words.Add(member.Name, TextOf(member.Value, $"{PathOf(name)}.{member.Name}"));
        }

        return words;
    }

    private static string TextOf(JsonElement value, string path)
        => value.ValueKind == JsonValueKind.String && value.GetString() is { } text ? text : throw Wrong(path, "is not text");

    private string PathOf(string name) => $"{path}.{name}";
}
