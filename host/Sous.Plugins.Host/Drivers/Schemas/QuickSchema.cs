using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sous.Plugins.Host.Drivers.Schemas;

/// <summary>
/// Says yes to an instance that a schema surely takes, by the few keywords that the schemas of this room are written in. Whatever
/// it does not know or doubts is for the evaluator, which knows all of JSON Schema and names what is wrong, but takes a tenth of a
/// second to start: too long for files that are good nearly always.
/// </summary>
internal sealed class QuickSchema(JsonElement schema)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, Regex> _patterns = new(StringComparer.Ordinal);

    /// <summary>True only where the evaluator would find the instance valid.</summary>
    public bool Accepts(JsonElement instance)
    {
        lock (_patterns)
        {
            return Accepts(schema, instance);
        }
    }

    /// <summary>True only where the evaluator would read it as a schema.</summary>
    public static bool IsSchema(JsonElement rules)
    {
        if (rules.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        foreach (var rule in rules.EnumerateObject())
        {
            var isKnown = rule.Name switch
            {
                "title" or "description" => rule.Value.ValueKind == JsonValueKind.String,
                "type" => rule.Value.ValueKind == JsonValueKind.String && rule.Value.GetString() is "object" or "array" or "string" or "boolean" or "integer" or "number" or "null",
                "additionalProperties" or "uniqueItems" => rule.Value.ValueKind is JsonValueKind.True or JsonValueKind.False,
                "minLength" or "maxLength" or "minItems" or "maxItems" or "minimum" or "maximum" => rule.Value.ValueKind == JsonValueKind.Number && rule.Value.TryGetInt32(out var number) && number >= 0,
                "items" => IsSchema(rule.Value),
                "properties" => rule.Value.ValueKind == JsonValueKind.Object && AreSchemas(rule.Value),
                "required" => rule.Value.ValueKind == JsonValueKind.Array && AreNames(rule.Value),
                "pattern" => rule.Value.ValueKind == JsonValueKind.String && IsPattern(rule.Value.GetString() ?? ""),
                _ => false,
            };
            if (!isKnown)
            {
                return false;
            }
        }

        return true;
    }

    private static bool AreSchemas(JsonElement members)
    {
        foreach (var member in members.EnumerateObject())
        {
            if (!IsSchema(member.Value))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AreNames(JsonElement names)
    {
        foreach (var name in names.EnumerateArray())
        {
            if (name.ValueKind != JsonValueKind.String)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsPattern(string text)
    {
        try
        {
            _ = new Regex(text, RegexOptions.ECMAScript, s_patience);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private bool Accepts(JsonElement rules, JsonElement found)
    {
        foreach (var rule in rules.EnumerateObject())
        {
            var holds = rule.Name switch
            {
                "$schema" or "title" or "description" or "format" or "properties" or "additionalProperties" or "if" or "then" => true,
                "type" => IsOfType(rule.Value, found),
                "enum" => IsOneOf(rule.Value, found),
                "const" => IsText(rule.Value, found),
                "pattern" => found.ValueKind == JsonValueKind.String && Matches(rule.Value, found.GetString() ?? ""),
                "minLength" => found.ValueKind == JsonValueKind.String && FewestCharacters(found.GetString() ?? "") >= rule.Value.GetInt32(),
                "maxLength" => found.ValueKind == JsonValueKind.String && (found.GetString() ?? "").Length <= rule.Value.GetInt32(),
                "minimum" => found.ValueKind == JsonValueKind.Number && found.GetDouble() >= rule.Value.GetDouble(),
                "maximum" => found.ValueKind == JsonValueKind.Number && found.GetDouble() <= rule.Value.GetDouble(),
                "minItems" => found.ValueKind == JsonValueKind.Array && found.GetArrayLength() >= rule.Value.GetInt32(),
                "maxItems" => found.ValueKind == JsonValueKind.Array && found.GetArrayLength() <= rule.Value.GetInt32(),
                "items" => found.ValueKind == JsonValueKind.Array && AcceptsItems(rule.Value, found),
                "required" => found.ValueKind == JsonValueKind.Object && HasAll(rule.Value, found),
                "allOf" => AcceptsAll(rule.Value, found),
                _ => false,
            };
            if (!holds)
            {
                return false;
            }
        }

        return AcceptsMembers(rules, found) && AcceptsBranch(rules, found);
    }

    private static bool IsOfType(JsonElement type, JsonElement found) => type.ValueKind == JsonValueKind.String && type.GetString() switch
    {
        "object" => found.ValueKind == JsonValueKind.Object,
        "array" => found.ValueKind == JsonValueKind.Array,
        "string" => found.ValueKind == JsonValueKind.String,
        "boolean" => found.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "integer" => found.ValueKind == JsonValueKind.Number && found.TryGetInt32(out _),
        _ => false,
    };

    private static bool IsText(JsonElement expected, JsonElement found)
        => expected.ValueKind == JsonValueKind.String && found.ValueKind == JsonValueKind.String && found.ValueEquals(expected.GetString());

    /// <summary>A character outside of the basic plane is two of text, and counted once.</summary>
    private static int FewestCharacters(string text) => (text.Length + 1) / 2;

    private static bool IsOneOf(JsonElement choices, JsonElement found)
    {
        foreach (var choice in choices.EnumerateArray())
        {
            if (IsText(choice, found))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Only plain text is judged here: what lies outside of ASCII, and a line's end, are not matched everywhere alike.</summary>
    private bool Matches(JsonElement rule, string text)
    {
        foreach (var character in text)
        {
            if (character is < ' ' or > '~')
            {
                return false;
            }
        }

        var written = rule.GetString() ?? "";
        if (!_patterns.TryGetValue(written, out var pattern))
        {
            _patterns[written] = pattern = new Regex(written, RegexOptions.ECMAScript, s_patience);
        }

        return pattern.IsMatch(text);
    }

    private bool AcceptsItems(JsonElement rules, JsonElement found)
    {
        foreach (var item in found.EnumerateArray())
        {
            if (!Accepts(rules, item))
            {
                return false;
            }
        }

        return true;
    }

    private static bool HasAll(JsonElement names, JsonElement found)
    {
        foreach (var name in names.EnumerateArray())
        {
            if (!found.TryGetProperty(name.GetString() ?? "", out _))
            {
                return false;
            }
        }

        return true;
    }

    private bool AcceptsAll(JsonElement several, JsonElement found)
    {
        foreach (var rules in several.EnumerateArray())
        {
            if (!Accepts(rules, found))
            {
                return false;
            }
        }

        return true;
    }

    private bool AcceptsMembers(JsonElement rules, JsonElement found)
    {
        var hasKnown = rules.TryGetProperty("properties", out var known);
        var hasOthers = rules.TryGetProperty("additionalProperties", out var others);
        if (!hasKnown && !hasOthers)
        {
            return true;
        }

        if (found.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        foreach (var member in found.EnumerateObject())
        {
            var accepted = hasKnown && known.TryGetProperty(member.Name, out var own) ? Accepts(own, member.Value)
                : !hasOthers || (others.ValueKind == JsonValueKind.Object && Accepts(others, member.Value));
            if (!accepted)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Where a condition holds for sure, what follows from it; where it does not, that it follows is more than is asked, so nothing is lost by asking for it.</summary>
    private bool AcceptsBranch(JsonElement rules, JsonElement found)
        => !rules.TryGetProperty("if", out var condition) || !rules.TryGetProperty("then", out var then) || Refuses(condition, found) || Accepts(then, found);

    /// <summary>Whether a condition surely does not hold: one of its members is another word.</summary>
    private static bool Refuses(JsonElement condition, JsonElement found)
    {
        if (found.ValueKind != JsonValueKind.Object || !condition.TryGetProperty("properties", out var members))
        {
            return false;
        }

        foreach (var member in members.EnumerateObject())
        {
            if (member.Value.TryGetProperty("const", out var word) && word.ValueKind == JsonValueKind.String && found.TryGetProperty(member.Name, out var own) && !IsText(word, own))
            {
                return true;
            }
        }

        return false;
    }
}
