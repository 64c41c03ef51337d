using System.Text.Json;
using Sous.Plugins.Simulators.Square.Catalog;
using Sous.Plugins.Simulators.Square.Records;
using Sous.Plugins.Simulators.Square.Rendering;

namespace Sous.Plugins.Simulators.Square.Api;

/// <summary>SearchCatalogObjects, ListCatalog, BatchRetrieveCatalogObjects and RetrieveCatalogObject.</summary>
internal sealed class CatalogEndpoint(CatalogBook catalog, Pager pager, int listPage)
{
    private const int DefaultPage = 100;

    // ITEM_VARIATION, MODIFIER and IMAGE are nested in others and come only when asked for.
    private static readonly string[] TopTypes =
    [
        "ITEM", "CATEGORY", "TAX", "DISCOUNT", "MODIFIER_LIST", "PRICING_RULE", "PRODUCT_SET", "TIME_PERIOD", "MEASUREMENT_UNIT",
        "SUBSCRIPTION_PLAN", "ITEM_OPTION", "CUSTOM_ATTRIBUTE_DEFINITION", "QUICK_AMOUNTS_SETTINGS",
    ];

    private static readonly string[] NestedTypes = ["ITEM_VARIATION", "MODIFIER", "IMAGE", "ITEM_OPTION_VAL", "SUBSCRIPTION_PLAN_VARIATION", "AVAILABILITY_PERIOD"];

    public Task SearchAsync(HttpContext context)
    {
        JsonElement? body = RequestJson.Read(context);
        if (body.Member("query") is not null)
        {
            throw new SquareFault(501, "API_ERROR", "NOT_IMPLEMENTED", "This simulator does not search by attributes.", "query");
        }

        var deleted = body.Flag("include_deleted_objects");
        if (deleted && body.Flag("include_category_path_to_root"))
        {
            throw SquareFault.Invalid("CONFLICTING_PARAMETERS", "include_deleted_objects and include_category_path_to_root exclude each other.", "include_category_path_to_root");
        }

        var types = Types(body.Texts("object_types"), "object_types");
        var since = RequestJson.Time(body.Text("begin_time"), "begin_time", roundUp: false);
        var limit = body.Integer("limit") is { } asked and > 0 and <= 1000 ? asked : DefaultPage;
        var key = $"catalog {string.Join(',', types)} {deleted} {since}";
        return PageAsync(context, key, body.Text("cursor"), limit, entry => types.Contains(entry.Type) && (deleted || !entry.Deleted) && (since is null || entry.Updated > since),
            body.Flag("include_related_objects"), withLatest: true);
    }

    public Task ListAsync(HttpContext context)
    {
        var text = context.Request.Query["types"].ToString();
        var types = Types(text.Length == 0 ? null : [.. text.Split(',').Select(t => t.Trim().ToUpperInvariant())], "types");
        return PageAsync(context, $"list {string.Join(',', types)}", context.Request.Query["cursor"], listPage,
            entry => types.Contains(entry.Type) && !entry.Deleted, related: false, withLatest: false);
    }

    public Task BatchAsync(HttpContext context)
    {
        JsonElement? body = RequestJson.Read(context);
        var ids = body.Texts("object_ids") ?? throw SquareFault.Invalid("MISSING_REQUIRED_PARAMETER", "object_ids is required.", "object_ids");
        if (ids.Count is 0 or > 1000)
        {
            throw SquareFault.Invalid(ids.Count == 0 ? "ARRAY_EMPTY" : "ARRAY_LENGTH_TOO_LONG", "Give from 1 to 1000 object ids.", "object_ids");
        }

        var objects = new List<ReadOnlyMemory<byte>>();
        var named = new List<string>();
        foreach (var id in ids.Distinct())
        {
            if (catalog.TryFind(id, body.Flag("include_deleted_objects"), out var json, out var related))
            {
                objects.Add(json);
                named.AddRange(related);
            }
        }

        return SquareAnswer.PageAsync(context, "objects", objects, null, body.Flag("include_related_objects") ? Related(named) : null);
    }

    public Task GetAsync(HttpContext context)
    {
        var id = (string)(context.Request.RouteValues["id"] ?? "");
        if (!catalog.TryFind(id, false, out var json, out var related))
        {
            throw SquareFault.NotFound($"Catalog object with ID {id} not found.", "object_id");
        }

        var more = context.Request.Query["include_related_objects"] == "true" ? Related(related) : null;
        return SquareAnswer.OneAsync(context, "object", json, more);
    }

    private static string[] Types(IReadOnlyList<string>? asked, string field)
    {
        if (asked is null or { Count: 0 })
        {
            return TopTypes;
        }

        return asked.FirstOrDefault(type => !TopTypes.Contains(type) && !NestedTypes.Contains(type)) is { } unknown
            ? throw SquareFault.Invalid("INVALID_ENUM_VALUE", $"'{unknown}' is not an object type.", field)
            : [.. asked];
    }

    private Task PageAsync(HttpContext context, string key, string? cursor, int limit, Func<CatalogEntry, bool> accepts, bool related, bool withLatest)
    {
        var from = PageCursor.Decode(cursor, key);

        // The walk's first page fixes latest_time: what changes during it is then found by the next one.
        var latest = from?.To ?? catalog.Latest;
        var after = from?.After.Ordinal ?? -1;
        var page = pager.IsEmpty ? [] : catalog.Read(after, limit + 1, accepts);
        var more = pager.IsEmpty || page.Count > limit;
        if (page.Count > limit)
        {
            page.RemoveAt(limit);
        }

        var next = more ? new PageCursor(new Position(0, page.Count > 0 ? page[^1].Ordinal : after), latest).Encode(key) : null;
        var members = new[] { withLatest ? $"\"latest_time\":\"{SquareJson.Text(latest)}\"" : null, related ? Related(page.SelectMany(p => p.Related)) : null };
        var tail = string.Join(',', members.OfType<string>());
        return SquareAnswer.PageAsync(context, "objects", [.. page.Select(p => p.Json)], pager.Spoil(key, cursor, next), tail.Length == 0 ? null : tail);
    }

    private string? Related(IEnumerable<string> ids)
    {
        var objects = new List<string>();
        foreach (var id in ids.Distinct())
        {
            if (catalog.TryFind(id, false, out var json, out _))
            {
                objects.Add(System.Text.Encoding.UTF8.GetString(json.Span));
            }
        }

        return objects.Count == 0 ? null : $"\"related_objects\":[{string.Join(',', objects)}]";
    }
}
