using System.Text.Json;

namespace Sous.Plugins.Host.Http;

/// <summary>An enum value's name outside of a document: the same text as <see cref="SnakeCaseEnum{T}"/> writes.</summary>
internal static class SnakeCase
{
    public static string Of<T>(T value)
        where T : struct, Enum
        => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
