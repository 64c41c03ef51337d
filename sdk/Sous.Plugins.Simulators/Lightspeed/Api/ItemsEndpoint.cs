using System.Globalization;
using Sous.Plugins.Simulators.Lightspeed.Rendering;
using Sous.Plugins.Simulators.Lightspeed.Seeding;

namespace Sous.Plugins.Simulators.Lightspeed.Api;

/// <summary>The items of a location, by offset or by their ids.</summary>
internal sealed class ItemsEndpoint(IReadOnlyList<Menu> menus, DocumentBook book, bool singleAsObject)
{
    private const int MostIds = 200;

    public Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var at = Places.Find(query["businessLocationId"].ToString()) ?? throw LightspeedFault.Invalid("businessLocationId is missing or not known");
        var (offset, amount) = (query.Number("offset", 0, 0, int.MaxValue), query.Number("amount", 100, 1, 1_000));
        var ids = query["itemIds"].SelectMany(text => (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries)).ToList();
        if (ids.Count > MostIds)
        {
            throw LightspeedFault.Invalid("At most 200 itemIds can be named");
        }

        var items = book.Guard(() => menus[at.Index].Items
            .Where(item => ids.Count == 0 || ids.Contains(item.Id.ToString(CultureInfo.InvariantCulture)))
            .Where(item => !query.ContainsKey("sku") || item.Sku == query["sku"].ToString())
            .Skip(offset).Take(amount).ToList());
        return LightspeedAnswer.WriteAsync(context, json =>
        {
            if (items is [var only] && singleAsObject)
            {
                ItemJson.Write(json, only);
                return;
            }

            json.WriteStartArray();
            items.ForEach(item => ItemJson.Write(json, item));
            json.WriteEndArray();
        });
    }
}
