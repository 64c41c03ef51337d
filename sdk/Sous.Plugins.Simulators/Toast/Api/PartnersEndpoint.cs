using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Sous.Plugins.Simulators.Toast.Rendering;
using Sous.Plugins.Simulators.Toast.Seeding;

namespace Sous.Plugins.Simulators.Toast.Api;

/// <summary>The restaurants that the client can see, and each one's configuration.</summary>
internal sealed class PartnersEndpoint(bool asObject)
{
    public static Task ListAsync(HttpContext context) => ToastAnswer.SendAsync(context, ToastAnswer.RenderList(Connected(), RestaurantJson.Access));

    public static Task GetAsync(HttpContext context, Restaurant at)
    {
        var guid = ToastRoutes.Guid(context, "restaurant");
        var archivedToo = context.Request.Query["includeArchived"] == "true";
        return guid.Equals(at.Guid, StringComparison.OrdinalIgnoreCase) && (archivedToo || !at.Archived)
            ? ToastAnswer.SendAsync(context, ToastAnswer.Render(json => RestaurantJson.Configuration(json, at)))
            : throw ToastFault.NotFound("The restaurant was not found.");
    }

    public Task ListConnectedAsync(HttpContext context)
    {
        var size = int.TryParse(context.Request.Query["pageSize"], CultureInfo.InvariantCulture, out var asked) ? asked : 100;
        if (size is < 1 or > 200)
        {
            throw ToastFault.Invalid("The pageSize is from 1 to 200.");
        }

        var page = PageOf(context.Request.Query["pageToken"].ToString());
        var all = Connected();
        var last = (all.Count + size - 1) / size;
        if (page < last)
        {
            context.Response.Headers.Link = $"<{context.Request.Path}?pageSize={size}&pageToken={TokenOf(page + 1)}>; rel=\"next\"";
        }

        return ToastAnswer.SendAsync(context, asObject
            ? ToastAnswer.Render(json => Page(json, all, page, size, last))
            : ToastAnswer.RenderList([page], (json, number) => Page(json, all, number, size, last)));
    }

    private static List<Restaurant> Connected() => [.. Restaurants.All.Where(r => r.Connected)];

    private static void Page(Utf8JsonWriter json, List<Restaurant> all, int page, int size, int last)
    {
        json.WriteStartObject();
        json.WriteNumber("currentPageNum", page);
        json.WriteStartArray("results");
        foreach (var restaurant in all.Skip((page - 1) * size).Take(size))
        {
            RestaurantJson.Access(json, restaurant);
        }

        json.WriteEndArray();
        json.WriteNumber("totalResultCount", all.Count);
        json.WriteNumber("pageSize", size);
        json.WriteString("currentPageToken", TokenOf(page));
        if (page < last)
        {
            json.WriteString("nextPageToken", TokenOf(page + 1));
            json.WriteNumber("nextPageNum", page + 1);
        }

        json.WriteNumber("totalCount", all.Count);
        json.WriteNumber("lastPageNum", last);
        json.WriteEndObject();
    }

    private static string TokenOf(int page) => Base64Url.EncodeToString(Encoding.ASCII.GetBytes($"p:{page}"));

    private static int PageOf(string token)
    {
        if (token.Length == 0)
        {
            return 1;
        }

        var text = Base64Url.IsValid(token) ? Encoding.ASCII.GetString(Base64Url.DecodeFromChars(token)) : "";
        return text.StartsWith("p:", StringComparison.Ordinal) && int.TryParse(text.AsSpan(2), CultureInfo.InvariantCulture, out var page)
            ? page
            : throw ToastFault.Invalid("The pageToken is not one of ours.");
    }
}
