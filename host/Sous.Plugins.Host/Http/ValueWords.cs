using System.Text.Json;
using System.Text.RegularExpressions;

namespace Sous.Plugins.Host.Http;

/// <summary>What a value of a type looks like, for who wrote something else: a framework's sentence names the type.</summary>
internal static partial class ValueWords
{
    /// <param name="type">Its full name, as the framework writes it.</param>
    public static string Of(string type) => Nullable().Match(type) is { Success: true } found ? Of(found.Groups[1].Value) : type switch
    {
        "System.String" => "a text",
        "System.Boolean" => "true or false",
        "System.Int32" or "System.Int64" => "a whole number",
        "System.DateOnly" => "a day such as 2026-03-14",
        "System.DateTimeOffset" => "an instant such as 2026-03-14T08:00:00Z",
        "System.TimeSpan" => "a span of time, such as 00:10:00 for ten minutes",
        _ when type.StartsWith("System.Collections.Generic.", StringComparison.Ordinal) && !type.Contains("Dictionary", StringComparison.Ordinal) => "a list",
        _ => NamesOf(type) is { Length: > 0 } names ? $"one of {string.Join(", ", names)}" : "an object",
    };

    /// <summary>The type of that name, whosever it is.</summary>
    public static Type? Find(string type) => AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetType(type)).FirstOrDefault(static found => found is not null);

    private static string[] NamesOf(string type)
        => Find(type) is { IsEnum: true } found ? [.. found.GetEnumNames().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)] : [];

    [GeneratedRegex(@"^System\.Nullable`1\[(.+)\]$")]
    private static partial Regex Nullable();
}
