using System.Text.Json;
using System.Text.Json.Serialization;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Changes;

/// <summary>Prices by location, sorted by its id: a service's order of them means nothing and would make a change of it.</summary>
internal sealed class SortedPrices : JsonConverter<IReadOnlyDictionary<string, Money>>
{
    public override IReadOnlyDictionary<string, Money> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var prices = new Dictionary<string, Money>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var location = reader.GetString() ?? "";
            reader.Read();
            prices[location] = JsonSerializer.Deserialize(ref reader, CanonicalJson.Default.Money);
        }

        return prices;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyDictionary<string, Money> value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (location, price) in value.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            writer.WritePropertyName(location);
            JsonSerializer.Serialize(writer, price, CanonicalJson.Default.Money);
        }

        writer.WriteEndObject();
    }
}
