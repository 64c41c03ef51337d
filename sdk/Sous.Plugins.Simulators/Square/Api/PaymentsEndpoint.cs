using System.Globalization;
using Sous.Plugins.Simulators.Square.Records;
using Sous.Plugins.Simulators.Square.Seeding;

namespace Sous.Plugins.Simulators.Square.Api;

/// <summary>ListPayments and ListPaymentRefunds, which share their parameters but not the default location, and their single reads.</summary>
internal sealed class PaymentsEndpoint(SalesBook book, Pager pager, TimeProvider clock, TimeSpan lag)
{
    private const int MaxPage = 100;

    private static readonly string[] Common =
        ["begin_time", "end_time", "sort_order", "cursor", "location_id", "limit", "updated_at_begin_time", "updated_at_end_time", "sort_field"];

    private static readonly string[] PaymentsOnly = ["total", "last_4", "card_brand", "is_offline_payment", "offline_begin_time", "offline_end_time"];
    private static readonly string[] RefundsOnly = ["status", "source_type"];

    public Task ListPaymentsAsync(HttpContext context)
    {
        Check(context.Request.Query, PaymentsOnly);
        if (PaymentsOnly.FirstOrDefault(context.Request.Query.ContainsKey) is { } name)
        {
            throw new SquareFault(501, "API_ERROR", "NOT_IMPLEMENTED", $"This simulator does not filter by {name}.", name);
        }

        return ListAsync(context, RecordKind.Payment, "payments", [Restaurants.Main.Index], null);
    }

    public Task ListRefundsAsync(HttpContext context)
    {
        var query = context.Request.Query;
        Check(query, RefundsOnly);
        string? status = query["status"], source = query["source_type"];
        return ListAsync(context, RecordKind.Refund, "refunds", [.. Restaurants.All.Select(r => r.Index)],
            r => (status is null || r.Status == status) && (source is null || r.SourceType == source));
    }

    public Task GetPaymentAsync(HttpContext context) => GetAsync(context, RecordKind.Payment, "payment");

    public Task GetRefundAsync(HttpContext context) => GetAsync(context, RecordKind.Refund, "refund");

    private static void Check(IQueryCollection query, string[] own)
    {
        if (query.Keys.FirstOrDefault(key => !Common.Contains(key) && !own.Contains(key)) is { } unknown)
        {
            throw SquareFault.Invalid("UNKNOWN_QUERY_PARAMETER", $"'{unknown}' is not a parameter of this listing.", unknown);
        }
    }

    private Task GetAsync(HttpContext context, RecordKind kind, string name)
    {
        var id = (string)(context.Request.RouteValues["id"] ?? "");
        var record = book.Read(kind, table => table.TryFind(id, out var found) ? found : null)
            ?? throw SquareFault.NotFound($"There is no {name} {id}.", $"{name}_id");
        return SquareAnswer.OneAsync(context, name, record.Json);
    }

    private Task ListAsync(HttpContext context, RecordKind kind, string name, int[] defaultLocations, Func<StoredRecord, bool>? accepts)
    {
        var query = context.Request.Query;
        var now = clock.GetUtcNow();
        var field = query["sort_field"].ToString() switch
        {
            "" or "CREATED_AT" => TimeField.Created,
            "UPDATED_AT" => TimeField.Updated,
            var other => throw SquareFault.Invalid("INVALID_ENUM_VALUE", $"'{other}' is not a sort field here.", "sort_field"),
        };
        var newest = now.Subtract(lag).ToUnixTimeMilliseconds();
        var updated = (TimeField.Updated,
            Time(query, "updated_at_begin_time", true) ?? 0,
            Math.Min(Time(query, "updated_at_end_time", false) ?? long.MaxValue, newest));
        var updatedGiven = query.ContainsKey("updated_at_begin_time") || query.ContainsKey("updated_at_end_time");

        // The default of one year back also holds when only updated_at is asked for: old payments stay hidden.
        var created = (TimeField.Created,
            Time(query, "begin_time", true) ?? now.AddYears(-1).ToUnixTimeMilliseconds(),
            Time(query, "end_time", false) ?? now.ToUnixTimeMilliseconds());
        var (main, also) = field == TimeField.Created ? (created, updated) : (updated, created);
        var locations = query["location_id"].ToString() is { Length: > 0 } id ? [OrdersEndpoint.LocationOf(id, "location_id").Index] : defaultLocations;
        var page = new PageQuery(locations, field, OrdersEndpoint.Descending(query["sort_order"], "sort_order"), main.Item2, main.Item3, null, Limit(query), accepts)
        {
            Also = updatedGiven || lag > TimeSpan.Zero || field == TimeField.Updated ? also : null,
        };
        var key = string.Join('&', query.Where(q => q.Key is not ("cursor" or "limit")).OrderBy(q => q.Key, StringComparer.Ordinal).Select(q => $"{q.Key}={q.Value}"));
        var (records, cursor) = pager.Read(kind, $"{name} {key}", query["cursor"], page);
        return SquareAnswer.PageAsync(context, name, [.. records.Select(r => r.Json)], cursor);
    }

    private static long? Time(IQueryCollection query, string name, bool roundUp) => RequestJson.Time(query[name], name, roundUp);

    // A limit over 100 is ignored, not refused.
    private static int Limit(IQueryCollection query)
    {
        var text = query["limit"].ToString();
        if (text.Length == 0)
        {
            return MaxPage;
        }

        return int.TryParse(text, CultureInfo.InvariantCulture, out var limit) && limit > 0
            ? Math.Min(limit, MaxPage)
            : throw SquareFault.Invalid("INVALID_VALUE", "The limit must be a positive integer.", "limit");
    }
}
