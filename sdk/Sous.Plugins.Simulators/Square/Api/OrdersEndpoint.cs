using System.Text.Json;
using Sous.Plugins.Simulators.Square.Records;
using Sous.Plugins.Simulators.Square.Seeding;

namespace Sous.Plugins.Simulators.Square.Api;

/// <summary>SearchOrders, BatchRetrieveOrders and RetrieveOrder.</summary>
internal sealed class OrdersEndpoint(SalesBook book, Pager pager, TimeProvider clock)
{
    private const int MaxLocations = 10;
    private static readonly string[] States = ["OPEN", "COMPLETED", "CANCELED", "DRAFT"];
    private static readonly string[] Filters = ["created_at", "updated_at", "closed_at"];

    public Task SearchAsync(HttpContext context)
    {
        JsonElement? body = RequestJson.Read(context);
        var locations = Locations(body.Texts("location_ids"));
        var limit = body.Integer("limit") ?? 500;
        if (limit is < 1 or > 1000)
        {
            throw SquareFault.Invalid(limit < 1 ? "VALUE_TOO_LOW" : "VALUE_TOO_HIGH", "The limit must be from 1 to 1000.", "limit");
        }

        var query = body.Member("query");
        var (field, range) = TimeFilter(query.Member("filter").Member("date_time_filter"));
        var states = StateFilter(query.Member("filter").Member("state_filter"));
        var sort = Sort(query.Member("sort"), field, states);
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var from = RequestJson.Time(range.Text("start_at"), "query.filter.date_time_filter.start_at", roundUp: true) ?? 0;
        var to = RequestJson.Time(range.Text("end_at"), "query.filter.date_time_filter.end_at", roundUp: false) ?? now;
        if (from > to && range.Text("end_at") is not null)
        {
            throw SquareFault.Invalid("INVALID_TIME_RANGE", "The range ends before it starts.", "query.filter.date_time_filter");
        }

        var entries = body.Flag("return_entries");
        var key = $"orders {string.Join(',', body.Texts("location_ids") ?? [])} {query?.GetRawText()} {entries}";
        var page = new PageQuery(locations, sort.Field, sort.Descending, from, to, null, limit, states is null ? null : r => states.Contains(r.Status));
        var (records, cursor) = pager.Read(RecordKind.Order, key, body.Text("cursor"), page);
        return SquareAnswer.PageAsync(context, entries ? "order_entries" : "orders", [.. records.Select(r => entries ? Entry(r) : r.Json)], cursor);
    }

    public Task BatchAsync(HttpContext context)
    {
        JsonElement? body = RequestJson.Read(context);
        var ids = body.Texts("order_ids") ?? throw SquareFault.Invalid("MISSING_REQUIRED_PARAMETER", "order_ids is required.", "order_ids");
        if (ids.Count is 0 or > 100)
        {
            throw SquareFault.Invalid(ids.Count == 0 ? "ARRAY_EMPTY" : "ARRAY_LENGTH_TOO_LONG", "Give from 1 to 100 order ids.", "order_ids");
        }

        var location = body.Text("location_id") is { } id ? LocationOf(id, "location_id").Index : (int?)null;
        var found = book.Read(RecordKind.Order, table => ids.Distinct()
            .Select(i => table.TryFind(i, out var order) ? order : null)
            .OfType<StoredRecord>()
            .Where(order => location is null || order.Location == location)
            .ToList());
        return SquareAnswer.PageAsync(context, "orders", [.. found.Select(r => r.Json)], null);
    }

    public Task GetAsync(HttpContext context)
    {
        var id = (string)(context.Request.RouteValues["id"] ?? "");
        var order = book.Read(RecordKind.Order, table => table.TryFind(id, out var found) ? found : null)
            ?? throw SquareFault.NotFound($"There is no order {id}.", "order_id");
        return SquareAnswer.OneAsync(context, "order", order.Json);
    }

    public static Restaurant LocationOf(string id, string field) => Restaurants.Find(id)
        ?? throw SquareFault.Invalid("INVALID_VALUE", $"There is no location {id} of this merchant.", field);

    private static int[] Locations(IReadOnlyList<string>? ids)
    {
        if (ids is null or { Count: 0 })
        {
            throw SquareFault.Invalid("MISSING_REQUIRED_PARAMETER", "At least one location id is required.", "location_ids");
        }

        return ids.Count > MaxLocations
            ? throw SquareFault.Invalid("ARRAY_LENGTH_TOO_LONG", $"At most {MaxLocations} location ids are allowed.", "location_ids")
            : [.. ids.Distinct().Select(id => LocationOf(id, "location_ids").Index)];
    }

    private static (TimeField? Field, JsonElement? Range) TimeFilter(JsonElement? filter)
    {
        var given = Filters.Where(name => filter.Member(name) is not null).ToList();
        return given.Count switch
        {
            0 when filter is null => (null, null),
            1 => ((TimeField)Array.IndexOf(Filters, given[0]), filter.Member(given[0])),
            _ => throw SquareFault.Invalid("CONFLICTING_PARAMETERS", "Give exactly one of created_at, updated_at and closed_at.", "query.filter.date_time_filter"),
        };
    }

    private static IReadOnlyList<string>? StateFilter(JsonElement? filter)
    {
        if (filter is null)
        {
            return null;
        }

        var states = filter.Texts("states") ?? throw SquareFault.Invalid("MISSING_REQUIRED_PARAMETER", "states is required.", "query.filter.state_filter.states");
        return states.All(s => States.Contains(s))
            ? states
            : throw SquareFault.Invalid("INVALID_ENUM_VALUE", "A state is not known.", "query.filter.state_filter.states");
    }

    private static (TimeField Field, bool Descending) Sort(JsonElement? sort, TimeField? filtered, IReadOnlyList<string>? states)
    {
        var field = sort.Text("sort_field") switch
        {
            null or "CREATED_AT" => TimeField.Created,
            "UPDATED_AT" => TimeField.Updated,
            "CLOSED_AT" => TimeField.Closed,
            var other => throw SquareFault.Invalid("INVALID_ENUM_VALUE", $"'{other}' is not a sort field.", "query.sort.sort_field"),
        };
        if (filtered is { } by && by != field)
        {
            throw SquareFault.Invalid("BAD_REQUEST", "The sort field must be the field of the date time filter.", "query.sort.sort_field");
        }

        if (field == TimeField.Closed && (states is null || states.Any(s => s is "OPEN" or "DRAFT")))
        {
            throw SquareFault.Invalid("BAD_REQUEST", "To sort by CLOSED_AT, filter for the states COMPLETED and CANCELED.", "query.filter.state_filter");
        }

        return (field, Descending(sort.Text("sort_order"), "query.sort.sort_order"));
    }

    public static bool Descending(string? order, string field) => order switch
    {
        null or "DESC" => true,
        "ASC" => false,
        _ => throw SquareFault.Invalid("INVALID_SORT_ORDER", $"'{order}' is not a sort order.", field),
    };

    private static ReadOnlyMemory<byte> Entry(StoredRecord order)
    {
        var version = order.Version is { } v ? $",\"version\":{v}" : "";
        return System.Text.Encoding.UTF8.GetBytes($"{{\"order_id\":\"{order.Id}\",\"location_id\":\"{Restaurants.All[order.Location].Id}\"{version}}}");
    }
}
