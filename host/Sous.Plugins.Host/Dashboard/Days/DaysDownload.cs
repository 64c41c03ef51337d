using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Days;

namespace Sous.Plugins.Host.Dashboard.Days;

/// <summary>A month of days as <c>days export --csv</c> writes them, with the mark by which spreadsheets know UTF-8.</summary>
internal static class DaysDownload
{
    public static void Map(RouteGroupBuilder pages) => pages.MapGet("/dashboard/tenants/{tenant}/days.csv", WriteAsync).RequireAccess(AccessLevel.Tenant);

    private static async Task<IResult> WriteAsync(TenantId tenant, string? month, DayViews days, IOptions<JsonOptions> json, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (!DaysPage.TryReadMonth(month, DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime), out var first))
        {
            return DashboardPages.NoSuchPage;
        }

        var figures = await days.ReadAsync(new SalesQuery(tenant, null, null, first, first.AddMonths(1).AddDays(-1), null), cancellationToken);
        var sheet = DaySheet.Write(figures.OrderBy(static day => day.Day).Select(day => JsonSerializer.SerializeToNode(day, json.Value.SerializerOptions)).OfType<JsonObject>());
        return TypedResults.Bytes([.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(sheet)], "text/csv; charset=utf-8", string.Create(CultureInfo.InvariantCulture, $"days-{tenant}-{first:yyyy-MM}.csv"));
    }
}
