using System.Globalization;
using System.Text.Json;

namespace Sous.Plugins.Simulators.Square.Rendering;

/// <summary>The shapes that all of Square's objects share.</summary>
internal static class SquareJson
{
    public static void Money(this Utf8JsonWriter json, ReadOnlySpan<byte> name, long amount, string currency)
    {
        json.WriteStartObject(name);
        json.WriteNumber("amount"u8, amount);
        json.WriteString("currency"u8, currency);
        json.WriteEndObject();
    }

    public static void Time(this Utf8JsonWriter json, ReadOnlySpan<byte> name, long unixMilliseconds)
    {
        Span<byte> text = stackalloc byte[24];
        DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).TryFormat(text, out var written, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        json.WriteString(name, text[..written]);
    }

    public static void Optional(this Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    public static string Text(long unixMilliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
