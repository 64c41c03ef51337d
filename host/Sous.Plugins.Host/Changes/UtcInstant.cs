using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sous.Plugins.Host.Changes;

/// <summary>An instant in UTC: the same one in two offsets gives the same text.</summary>
internal sealed class UtcInstant : JsonConverter<DateTimeOffset>
{
    // A local time is no instant: it would be taken for one of this machine's zone.
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => reader.TryGetDateTime(out var local) && local.Kind == DateTimeKind.Unspecified ? throw new JsonException() : reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) => writer.WriteStringValue(value.UtcDateTime);
}
