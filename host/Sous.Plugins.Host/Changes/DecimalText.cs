using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sous.Plugins.Host.Changes;

/// <summary>A decimal as JSON text, never as a number that a reader may take for a double: 1.50 and 1.5 are both <c>"1.5"</c>.</summary>
internal sealed class DecimalText : JsonConverter<decimal>
{
    // A sign, 29 digits and a point.
    private const int LongestText = 31;

    public override decimal Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        decimal.TryParse(reader.GetString(), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new JsonException("A decimal is text such as \"1.5\".");

    public override void Write(Utf8JsonWriter writer, decimal value, JsonSerializerOptions options)
    {
        Span<byte> text = stackalloc byte[LongestText];
        if (value == 0 || !value.TryFormat(text, out var length, "G", CultureInfo.InvariantCulture))
        {
            writer.WriteStringValue("0"u8);
            return;
        }

        text = text[..length];
        writer.WriteStringValue(text.Contains((byte)'.') ? text.TrimEnd((byte)'0').TrimEnd((byte)'.') : text);
    }
}
