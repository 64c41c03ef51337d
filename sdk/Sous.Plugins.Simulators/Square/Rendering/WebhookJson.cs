using System.Text.Json;
using Sous.Plugins.Simulators.Square.Records;
using Sous.Plugins.Simulators.Square.Seeding;

namespace Sous.Plugins.Simulators.Square.Rendering;

/// <summary>Writes what Square's webhooks tell under <c>data</c>: of an order a few members, of a payment or refund the whole.</summary>
internal static class WebhookJson
{
    public static string TypeOf(RecordKind kind, bool isNew) => $"{NameOf(kind)}.{(isNew ? "created" : "updated")}";

    public static void Write(Utf8JsonWriter json, RecordKind kind, StoredRecord record, bool isNew)
    {
        var name = kind == RecordKind.Order ? isNew ? "order_created" : "order_updated" : NameOf(kind);
        json.WriteString("type", name);
        json.WriteString("id", record.Id);
        json.WriteStartObject("object");
        json.WritePropertyName(name);
        if (kind == RecordKind.Order)
        {
            Write(json, record, isNew);
        }
        else
        {
            json.WriteRawValue(record.Json.Span, skipInputValidation: true);
        }

        json.WriteEndObject();
    }

    public static void WriteCatalog(Utf8JsonWriter json, long updated) => Write(json, "catalog_version", () => json.Time("updated_at"u8, updated));

    public static void WriteRevocation(Utf8JsonWriter json, long at) => Write(json, "revocation", () =>
    {
        json.Time("revoked_at"u8, at);
        json.WriteString("revoker_type", "MERCHANT");
    });

    private static void Write(Utf8JsonWriter json, string name, Action members)
    {
        json.WriteString("type", name);
        json.WriteString("id", name);
        json.WriteStartObject("object");
        json.WriteStartObject(name);
        members();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, StoredRecord order, bool isNew)
    {
        json.WriteStartObject();
        json.Time("created_at"u8, order.Created);
        if (!isNew)
        {
            json.Time("updated_at"u8, order.Updated);
        }

        json.WriteString("location_id", Restaurants.All[order.Location].Id);
        json.WriteString("order_id", order.Id);
        json.WriteString("state", order.Status);
        if (order.Version is { } version)
        {
            json.WriteNumber("version", version);
        }

        json.WriteEndObject();
    }

    private static string NameOf(RecordKind kind) => kind switch { RecordKind.Order => "order", RecordKind.Payment => "payment", _ => "refund" };
}
