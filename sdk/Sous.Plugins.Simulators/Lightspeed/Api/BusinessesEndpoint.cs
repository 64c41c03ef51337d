using Sous.Plugins.Simulators.Lightspeed.Seeding;

namespace Sous.Plugins.Simulators.Lightspeed.Api;

/// <summary>The businesses that the login sees, with their locations; page numbers count from zero.</summary>
internal static class BusinessesEndpoint
{
    public static Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var (page, size) = (query.Number("page", 0, 0, int.MaxValue), query.Number("size", 1_000, 1, 1_000));
        var some = Places.Businesses.Skip((int)Math.Min(int.MaxValue, (long)page * size)).Take(size);
        return LightspeedAnswer.ObjectAsync(context, json =>
        {
            json.WriteStartObject("_embedded");
            json.WriteStartArray("businessList");
            foreach (var business in some)
            {
                json.WriteStartObject();
                json.WriteString("businessName", business.Name);
                json.WriteNumber("businessId", business.Id);
                json.WriteString("currencyCode", business.Currency);
                json.WriteStartArray("businessLocations");
                foreach (var place in Places.All.Where(place => place.Business == business))
                {
                    json.WriteStartObject();
                    json.WriteString("blName", place.Name);
                    json.WriteNumber("blID", place.Id);
                    json.WriteString("country", place.Country);
                    json.WriteString("timezone", place.ZoneId);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteStartObject("_links");
            json.WriteStartObject("self");
            json.WriteString("href", $"{context.Request.Scheme}://{context.Request.Host}{context.Request.Path}{context.Request.QueryString}");
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }
}
