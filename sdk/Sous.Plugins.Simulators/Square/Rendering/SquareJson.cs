using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sous.Plugins.Simulators.Square.Rendering;

/// <summary>The shapes that all of Square's objects share.</summary>
internal static class SquareJson
{
    // Money and times are most of an order's text: they are laid out by hand, which halves the time a start takes.
    public static void Money(this Utf8JsonWriter json, ReadOnlySpan<byte> name, long amount, string currency)
    {
        Span<byte> text = stackalloc byte[64];
        "{\"amount\":"u8.CopyTo(text);
        Utf8Formatter.TryFormat(amount, text[10..], out var digits);
        ",\"currency\":\""u8.CopyTo(text[(10 + digits)..]);
        var end = 10 + digits + 13;
        end += Encoding.ASCII.GetBytes(currency, text[end..]);
        "\"}"u8.CopyTo(text[end..]);
        json.WritePropertyName(name);
        json.WriteRawValue(text[..(end + 2)], skipInputValidation: true);
    }

    public static void Time(this Utf8JsonWriter json, ReadOnlySpan<byte> name, long unixMilliseconds)
    {
        Span<byte> text = stackalloc byte[26];
        text[0] = text[25] = (byte)'"';
        var time = DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).DateTime;
        Digits(text[1..5], time.Year);
        text[5] = text[8] = (byte)'-';
        Digits(text[6..8], time.Month);
        Digits(text[9..11], time.Day);
        text[11] = (byte)'T';
        Digits(text[12..14], time.Hour);
        text[14] = text[17] = (byte)':';
        Digits(text[15..17], time.Minute);
        Digits(text[18..20], time.Second);
        text[20] = (byte)'.';
        Digits(text[21..24], time.Millisecond);
        text[24] = (byte)'Z';
        json.WritePropertyName(name);
        json.WriteRawValue(text, skipInputValidation: true);
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

    private static void Digits(Span<byte> into, int number)
    {
        for (var i = into.Length - 1; i >= 0; i--)
        {
            (number, var digit) = Math.DivRem(number, 10);
            into[i] = (byte)('0' + digit);
        }
    }
}
