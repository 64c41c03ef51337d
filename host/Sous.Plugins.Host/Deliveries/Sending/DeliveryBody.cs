using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Events;

namespace Sous.Plugins.Host.Deliveries.Sending;

/// <summary>The body of a delivery, as Standard Webhooks has it: <c>type</c>, <c>timestamp</c> of the event, and in <c>data</c> the event as the API lists it.</summary>
internal static class DeliveryBody
{
    // The body is nobody's markup, and quotes and letters stay readable.
    private static readonly JsonWriterOptions s_plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string DataOf(PlatformEvent told, JsonSerializerOptions json) => JsonSerializer.Serialize(told, json);

    /// <param name="connect">The address to send to the owner: a capability, and therefore kept in no outbox; or null.</param>
    public static byte[] Write(Delivery delivery, Uri? connect = null)
    {
        var body = new MemoryStream();
        using (var writer = new Utf8JsonWriter(body, s_plain))
        {
            writer.WriteStartObject();
            writer.WriteString("type", delivery.Type);
            writer.WriteString("timestamp", delivery.At.UtcDateTime);
            if (delivery.EditedFrom is { } original)
            {
                writer.WriteString("editedFrom", original);
            }

            writer.WritePropertyName("data");
            writer.WriteRawValue(connect is null ? delivery.Data : WithAddress(delivery.Data, connect));
            writer.WriteEndObject();
        }

        return body.ToArray();
    }

    private static string WithAddress(string data, Uri connect)
    {
        var extended = JsonNode.Parse(data)?.AsObject() ?? [];
        extended["connectAddress"] = connect.AbsoluteUri;
        return extended.ToJsonString(s_json);
    }
}
