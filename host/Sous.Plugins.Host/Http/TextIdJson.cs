using System.Text.Json;
using System.Text.Json.Serialization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Http;

/// <summary>An identifier as plain text in JSON.</summary>
internal abstract class TextIdJson<T>(Func<string, T> make, Func<T, string> text) : JsonConverter<T>
    where T : struct
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        => make(reader.GetString() ?? throw new JsonException("An id is text."));

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(text(value));
}

internal sealed class TenantIdJson() : TextIdJson<TenantId>(static text => new TenantId(text), static id => id.Value);

internal sealed class ConnectionIdJson() : TextIdJson<ConnectionId>(static text => new ConnectionId(text), static id => id.Value);

internal sealed class DriverIdJson() : TextIdJson<DriverId>(static text => new DriverId(text), static id => id.Value);

internal sealed class StreamNameJson() : TextIdJson<StreamName>(static text => new StreamName(text), static id => id.Value);
