using System.Globalization;
using System.Text.Json;
using Sous.Plugins.Simulators.Square.Seeding;

namespace Sous.Plugins.Simulators.Square.Api;

/// <summary>Merchants and locations.</summary>
internal static class MerchantEndpoint
{
    public static Task ListAsync(HttpContext context) => SquareAnswer.JsonAsync(context, json =>
    {
        json.WriteStartArray("merchant"u8);
        Merchant(json);
        json.WriteEndArray();
    });

    public static Task GetAsync(HttpContext context)
    {
        var id = (string)(context.Request.RouteValues["id"] ?? "");
        return id is "me" or Restaurants.MerchantId
            ? SquareAnswer.JsonAsync(context, json =>
            {
                json.WritePropertyName("merchant"u8);
                Merchant(json);
            })
            : throw SquareFault.NotFound($"There is no merchant {id}.", "merchant_id");
    }

    public static Task ListLocationsAsync(HttpContext context) => SquareAnswer.JsonAsync(context, json =>
    {
        json.WriteStartArray("locations"u8);
        foreach (var restaurant in Restaurants.All)
        {
            Location(json, restaurant);
        }

        json.WriteEndArray();
    });

    public static Task GetLocationAsync(HttpContext context)
    {
        var id = (string)(context.Request.RouteValues["id"] ?? "");
        var restaurant = id == "main" ? Restaurants.Main : Restaurants.Find(id) ?? throw SquareFault.NotFound($"There is no location {id}.", "location_id");
        return SquareAnswer.JsonAsync(context, json =>
        {
            json.WritePropertyName("location"u8);
            Location(json, restaurant);
        });
    }

    private static void Merchant(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, Restaurants.MerchantId);
        json.WriteString("business_name"u8, Restaurants.MerchantName);
        json.WriteString("country"u8, "US"u8);
        json.WriteString("language_code"u8, "en-US"u8);
        json.WriteString("currency"u8, "USD"u8);
        json.WriteString("status"u8, "ACTIVE"u8);
        json.WriteString("main_location_id"u8, Restaurants.Main.Id);
        json.WriteString("created_at"u8, "2016-09-19T17:33:12Z"u8);
        json.WriteEndObject();
    }

    private static void Location(Utf8JsonWriter json, Restaurant restaurant)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, restaurant.Id);
        json.WriteString("name"u8, restaurant.Name);
        json.WriteStartObject("address"u8);
        json.WriteString("address_line_1"u8, string.Create(CultureInfo.InvariantCulture, $"{restaurant.Index + 1} Harbor Street"));
        json.WriteString("locality"u8, restaurant.City);
        json.WriteString("country"u8, restaurant.Country);
        json.WriteEndObject();
        json.WriteString("timezone"u8, restaurant.ZoneId);
        json.WriteStartArray("capabilities"u8);
        json.WriteStringValue("CREDIT_CARD_PROCESSING"u8);
        json.WriteEndArray();
        json.WriteString("status"u8, restaurant.Active ? "ACTIVE" : "INACTIVE");
        json.WriteString("created_at"u8, "2016-09-19T17:33:12Z"u8);
        json.WriteString("merchant_id"u8, Restaurants.MerchantId);
        json.WriteString("country"u8, restaurant.Country);
        json.WriteString("language_code"u8, "en-US"u8);
        json.WriteString("currency"u8, restaurant.Currency);
        json.WriteString("business_name"u8, Restaurants.MerchantName);
        json.WriteString("type"u8, "PHYSICAL"u8);
        json.WriteEndObject();
    }
}
