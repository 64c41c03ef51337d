using System.Text.Json.Nodes;

namespace Sous.Plugins.Drivers.Tests.Properties;

/// <summary>The members of a JSON document, wherever they are, to be taken out or changed one by one.</summary>
internal static class JsonMembers
{
    /// <summary>Every member of every object, with the object that it is in.</summary>
    public static IEnumerable<(JsonObject Owner, string Name)> Of(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => Of(member.Value).Prepend((members, member.Key))),
        JsonArray items => items.SelectMany(Of),
        _ => [],
    };

    /// <summary>What a member should never be: each of another kind, or further than any number goes.</summary>
    private static readonly string[] Strangers = ["1", "-1", "1.5", "1e30", "9223372036854775807", "-9223372036854775808", "\"\"", "\"some text\"", "true", "[]", "[[]]", "{}", "\"0001-01-01T00:00:00Z\"", "\"9999-12-31T23:59:59Z\"", "{\"amount\":1.5}", "{\"amount\":9223372036854775807}"];

    /// <summary>Puts something strange in the place of a member.</summary>
    public static void Replace(JsonNode root, int member, int by)
    {
        var members = Of(root).ToList();
        var (owner, name) = members[member % members.Count];
        owner[name] = JsonNode.Parse(Strangers[by % Strangers.Length]);
    }

    /// <summary>Takes members out or sets them to null, as the picks say.</summary>
    public static void Damage(JsonNode root, IEnumerable<int> picks)
    {
        foreach (var pick in picks)
        {
            var members = Of(root).ToList();
            var (owner, name) = members[(pick & int.MaxValue) % members.Count];
            if (pick % 2 == 0)
            {
                owner.Remove(name);
            }
            else
            {
                owner[name] = null;
            }
        }
    }
}
