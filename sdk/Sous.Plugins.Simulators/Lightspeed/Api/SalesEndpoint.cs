using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Sous.Plugins.Simulators.Hosting;
using Sous.Plugins.Simulators.Lightspeed.Rendering;
using Sous.Plugins.Simulators.Lightspeed.Seeding;

namespace Sous.Plugins.Simulators.Lightspeed.Api;

/// <summary>Documents by their time of closing, and those of a business day.</summary>
internal sealed class SalesEndpoint(DocumentBook book, SaleJson render, ChaosGate chaos, TimeProvider clock)
{
    private const int LargestPage = 100;
    private static readonly TimeSpan LongestSpan = TimeSpan.FromDays(365);

    public Task ListAsync(HttpContext context, Place at)
    {
        var query = context.Request.Query;
        var now = clock.GetUtcNow();
        var from = query.Time("from") ?? throw LightspeedFault.Invalid("from is required");
        var to = query.Time("to") is { } asked && asked < now ? asked : now;
        var (size, include) = (query.Number("pageSize", 50, 1, LargestPage), query.Include());
        if (to < from || to - from > LongestSpan)
        {
            throw LightspeedFault.Invalid("from must be before to, and not more than 365 days");
        }

        var setting = chaos.Setting;
        var found = book.Between(at, from, to);
        if (setting.IgnoreSortOrder)
        {
            found.Reverse();
        }

        var (number, after) = Position(query["nextPageToken"].ToString());
        var start = after is null ? 0 : found.FindIndex(document => document.FiscId == after) + 1;
        var page = found.GetRange(start, Math.Min(size, found.Count - start));
        var next = start + page.Count < found.Count ? Token(number + 1, page[^1].FiscId) : null;
        return LightspeedAnswer.ObjectAsync(context, json =>
        {
            Sales(json, page, include);
            if (Disturbed(setting, next, query["nextPageToken"].ToString(), number, found, size) is { } token)
            {
                json.WriteString("nextPageToken", token);
            }
        });
    }

    public Task DayAsync(HttpContext context, Place at)
    {
        var (day, include) = (context.Request.Query.Date("date"), context.Request.Query.Include());
        var next = at.StartOf(day.AddDays(1));
        var found = book.Between(at, at.StartOf(day).ToUniversalTime(), next.ToUniversalTime());
        return LightspeedAnswer.ObjectAsync(context, json =>
        {
            Sales(json, found, include);
            json.WriteString("nextStartOfDayAsIso8601", next.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture));
            json.WriteBoolean("dataComplete", next <= clock.GetUtcNow());
        });
    }

    private void Sales(Utf8JsonWriter json, List<DocumentDraft> documents, HashSet<string> include)
    {
        json.WriteStartArray("sales");
        documents.ForEach(document => render.Write(json, document, include));
        json.WriteEndArray();
    }

    private static string? Disturbed(Chaos setting, string? next, string asked, int number, List<DocumentDraft> found, int size) => next is null ? null
        : setting.DropCursor ? null
        : setting.CursorStandsStill && asked.Length > 0 ? asked
        : setting.RepeatCursor && number >= 2 ? Token(1, found[size - 1].FiscId)
        : next;

    private static string Token(int number, string after) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{number}|{after}"));

    private static (int Number, string? After) Position(string token)
    {
        if (token.Length == 0)
        {
            return (0, null);
        }

        var parts = Base64Url.IsValid(token) ? Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)).Split('|') : [];
        return parts is [var number, var after] && int.TryParse(number, CultureInfo.InvariantCulture, out var page) ? (page, after)
            : throw LightspeedFault.Invalid("nextPageToken is invalid");
    }
}
