using System.Globalization;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Toast.Rendering;
using Sous.Plugins.Simulators.Toast.Seeding;

namespace Sous.Plugins.Simulators.Toast.Api;

/// <summary>Orders by their time of change or by business day, and single ones.</summary>
internal sealed class OrdersEndpoint(OrderBook book, ChaosGate chaos)
{
    private const int LargestPage = 100;
    private static readonly DateTimeOffset Earliest = new(2015, 12, 1, 0, 0, 0, TimeSpan.Zero);

    public Task ListAsync(HttpContext context, Restaurant at)
    {
        var wanted = Filter(context.Request.Query);
        var size = Number(context.Request.Query, "pageSize", LargestPage, LargestPage);
        var asked = Number(context.Request.Query, "page", 1, int.MaxValue);
        var setting = chaos.Setting;
        var page = setting.CursorStandsStill ? 1 : setting.RepeatCursor && asked >= 3 ? 1 : asked;
        var (body, count) = book.Read(orders =>
        {
            var found = orders.Where(order => order.At == at && wanted(order)).OrderBy(order => order.Modified).ThenBy(order => order.Guid, StringComparer.Ordinal).ToList();
            if (setting.IgnoreSortOrder)
            {
                found.Reverse();
            }

            return (ToastAnswer.RenderList(found.Skip((page - 1) * size).Take(size), OrderJson.Write), found.Count);
        });
        if (asked * (long)size < count && !setting.DropCursor)
        {
            context.Response.Headers.Link = LinkOf(context.Request, asked, size, (count + size - 1) / size);
        }

        return ToastAnswer.SendAsync(context, body);
    }

    public Task GetAsync(HttpContext context, Restaurant at)
    {
        var guid = ToastRoutes.Guid(context, "order");
        var body = book.Find(guid, byPayment: false, order => order?.At == at ? ToastAnswer.Render(json => OrderJson.Write(json, order)) : default);
        return body.IsEmpty ? throw ToastFault.NotFound("The specified order was not found.") : ToastAnswer.SendAsync(context, body);
    }

    /// <summary>A business day, yyyyMMdd.</summary>
    public static int Day(string text) => text.Length == 8 && DateOnly.TryParseExact(text, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
        ? int.Parse(text, CultureInfo.InvariantCulture)
        : throw ToastFault.Invalid("A business date is yyyyMMdd.");

    private static Func<OrderDraft, bool> Filter(IQueryCollection query)
    {
        var (start, end, day) = (query["startDate"].ToString(), query["endDate"].ToString(), query["businessDate"].ToString());
        if (day.Length > 0 && start.Length + end.Length == 0)
        {
            var wanted = Day(day);
            return order => order.Day == wanted;
        }

        if (day.Length > 0 || start.Length == 0 || end.Length == 0)
        {
            throw ToastFault.Invalid("Give startDate and endDate, or businessDate.");
        }

        var (from, to) = (Time(start), Time(end));
        return from < Earliest || to <= from || to > from.AddMonths(1)
            ? throw ToastFault.Invalid("The range starts after 2015-12-01, ends after its start and is at most a month long.")
            : order => order.Modified >= from && order.Modified < to;
    }

    // A fraction of a second and an offset are demanded; a plus sign that was not encoded arrives as a blank and fails here.
    private static DateTimeOffset Time(string text)
        => DateTimeOffset.TryParseExact(text, ["yyyy-MM-dd'T'HH:mm:ss.fffzzz", "yyyy-MM-dd'T'HH:mm:ss.fffzz00"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            || (text.Length == 28 && DateTimeOffset.TryParseExact(text.Insert(26, ":"), "yyyy-MM-dd'T'HH:mm:ss.fffzzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out time))
            ? time
            : throw ToastFault.Invalid("A time is as 2016-01-01T14:13:12.000+0400.");

    private static int Number(IQueryCollection query, string name, int usual, int most)
    {
        var text = query[name].ToString();
        return text.Length == 0 ? usual
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most ? number
            : throw ToastFault.Invalid($"{name} is out of range.");
    }

    private static string LinkOf(HttpRequest request, int page, int size, int last)
    {
        var others = string.Join('&', request.Query.Where(pair => pair.Key is not ("page" or "pageSize")).Select(pair => $"{pair.Key}={Uri.EscapeDataString(pair.Value.ToString())}"));
        string Of(int number, string rel) => $"<http://{request.Host}{request.Path}?{others}&pageSize={size}&page={number}>; rel=\"{rel}\"";
        return string.Join(", ", new[] { Of(1, "first"), Of(page, "self"), Of(page + 1, "next"), Of(last, "last") });
    }
}
