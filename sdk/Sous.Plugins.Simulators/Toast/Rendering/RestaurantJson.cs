using System.Text.Json;
using Sous.Plugins.Simulators.Toast.Seeding;

namespace Sous.Plugins.Simulators.Toast.Rendering;

/// <summary>Writes a restaurant: as the partners' lists have it, and as its own configuration.</summary>
internal static class RestaurantJson
{
    private static readonly DateTimeOffset Joined = new(2024, 3, 1, 9, 0, 0, TimeSpan.Zero);

    public static void Access(Utf8JsonWriter json, Restaurant restaurant)
    {
        json.WriteStartObject();
        json.WriteString("restaurantGuid", restaurant.Guid);
        json.WriteString("managementGroupGuid", restaurant.GroupGuid);
        json.WriteBoolean("deleted", false);
        json.WriteString("restaurantName", restaurant.Name);
        json.WriteString("locationName", restaurant.LocationName);
        json.WriteString("createdByEmailAddress", "owner@example.com");
        json.WriteString("externalGroupRef", "");
        json.WriteString("externalRestaurantRef", "");
        json.WriteNumber("modifiedDate", Joined.ToUnixTimeMilliseconds());
        json.WriteNumber("createdDate", Joined.ToUnixTimeMilliseconds());
        json.WriteString("isoModifiedDate", Joined.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }

    public static void Configuration(Utf8JsonWriter json, Restaurant restaurant)
    {
        json.WriteStartObject();
        json.WriteString("guid", restaurant.Guid);
        json.WriteStartObject("general");
        json.WriteString("name", restaurant.Name);
        json.WriteString("locationName", restaurant.LocationName);
        json.WriteString("timeZone", restaurant.ZoneId);
        json.WriteNumber("closeoutHour", restaurant.CloseoutHour);
        json.WriteString("managementGroupGuid", restaurant.GroupGuid);
        json.WriteString("currencyCode", restaurant.Currency);
        json.WriteNumber("firstBusinessDate", 20240301);
        json.WriteBoolean("archived", restaurant.Archived);
        json.WriteEndObject();
        json.WriteStartObject("location");
        json.WriteString("address1", $"{restaurant.Index + 1} Quay Street");
        json.WriteString("city", restaurant.City);
        json.WriteString("zipCode", "00000");
        json.WriteString("country", restaurant.Country);
        json.WriteString("phone", "5550100");
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
