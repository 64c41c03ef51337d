using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sous.Plugins.Host.Http;

/// <summary>What is wrong with a body, by the place in it. The serializer's own sentence may quote what was sent, and that may be a secret.</summary>
internal static partial class JsonFault
{
    public static (string Field, string Message) Of(JsonException json)
    {
        var field = json.Path is { Length: > 2 } path ? path[2..] : "body";
        return (field, json.Message switch
        {
            var message when message.Contains("could not be mapped", StringComparison.Ordinal) => $"'{field}' is not a member of this request.",
            var message when message.StartsWith("Duplicate property", StringComparison.Ordinal) => $"'{field}' stands there twice.",
            var message when Wanted().Match(message) is { Success: true } found => $"{(field == "body" ? "The body" : $"'{field}'")} is {ValueWords.Of(TypeAt(found.Groups[1].Value, field))}.",
            _ => string.Create(CultureInfo.InvariantCulture, $"The body is not JSON: line {json.LineNumber + 1}, byte {json.BytePositionInLine + 1}."),
        });
    }

    // Of a record's member the serializer names the record; the framework's own types are no records of a body.
    private static string TypeAt(string type, string field)
    {
        var name = Member().Match(field).Groups[1].Value;
        return $"{(ValueWords.Find(type) is { } record && record.Assembly == typeof(JsonFault).Assembly ? record : null)?.GetProperties().FirstOrDefault(member => JsonNamingPolicy.CamelCase.ConvertName(member.Name) == name)?.PropertyType}" is { Length: > 0 } own ? own : type;
    }

    /// <summary>The last of a path such as <c>items[1].ownId</c>.</summary>
    [GeneratedRegex(@"([^.\[]+)(?:\[\d+\])?$")]
    private static partial Regex Member();

    [GeneratedRegex(@"could not be converted to (\S+?)\. ")]
    private static partial Regex Wanted();
}
