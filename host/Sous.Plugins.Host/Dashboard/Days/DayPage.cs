using System.Globalization;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Days;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Dashboard.Days;

/// <summary>One business day at each location: every figure as it was closed, as it is, and as the service tells it.</summary>
internal sealed class DayPage(DayViews days, TimeProvider clock)
{
    private const int PageSize = 10;

    public static void Map(RouteGroupBuilder pages) => pages.MapMethods(
        "/dashboard/tenants/{tenant}/days/{day}",
        OwnerPages.Reading,
        static (TenantId tenant, string day, int? page, DayPage shown, CancellationToken cancellationToken) => shown.ShowAsync(tenant, day, page ?? 1, cancellationToken)).RequireAccess(AccessLevel.Tenant);

    public static string Address(TenantId tenant, DateOnly day) => string.Create(CultureInfo.InvariantCulture, $"{DaysPage.Address(tenant)}/{day:yyyy-MM-dd}");

    private async Task<DashboardPage> ShowAsync(TenantId tenant, string text, int page, CancellationToken cancellationToken)
    {
        if (!DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) || day.Year is < 2000 or > 2199)
        {
            return DashboardPages.NoSuchPage;
        }

        var all = (await days.ReadAsync(new SalesQuery(tenant, null, null, day, day, null), cancellationToken))
            .OrderByDescending(static one => Standing(one) is { Differs: true }).ThenByDescending(static one => one.Restated).ThenBy(static one => one.Name, StringComparer.OrdinalIgnoreCase).ToList();
        return Paged<DayFigures>.Of(all, page, PageSize) is not { } shown ? DashboardPages.NoSuchPage : new DashboardPage(StatusCodes.Status200OK, DayWords.Long(day), Html.Of($"""
            <nav class="turn" aria-label="Other days"><a rel="prev" href="{Address(tenant, day.AddDays(-1))}">The day before</a>
            <a href="{DaysPage.Address(tenant, day)}">The whole month</a> <a rel="next" href="{Address(tenant, day.AddDays(1))}">The day after</a></nav>
            {(all.Count == 0 ? Html.Of($"<p>Nothing is known of this day.</p>") : default)}
            <ul class="cards">{Html.Concat(shown.Items.Select(Card))}</ul>
            {shown.Turn(Address(tenant, day), "More locations")}
            """));
    }

    private Html Card(DayFigures day)
    {
        var now = clock.GetUtcNow();
        var standing = Standing(day);
        var mark = DayMark.Of(day.ClosedAt, standing, day.Restated);
        return Html.Of($"""
            <li class="card {mark.Tone.Class()}"><h2>{Markup.Name(day.Name ?? day.ExternalLocation)}</h2>
            <p class="state {mark.Tone.Class()}">{mark.Words}</p>
            <p class="soft">{(day.ClosedAt is { } at ? Html.Of($"Closed {Markup.Time(at, now)}.") : Html.Of($"Not closed."))}
            {(day.TieOut is { At: { } asked } compared ? Html.Of($"Compared {Markup.Time(asked, now)} with what the service tells by another path: {Markup.Sentence(compared.Source)}.") : default)}</p>
            {(standing is { Differs: true } tie ? DayWords.Differences(tie, now) : default)}
            {(day.AsClosed is { } closed ? DayWords.Changes(closed, DaySums.Of(day)) : default)}
            <details{(standing is { Differs: true } ? Html.Of($" open") : default)}><summary>All figures</summary>{Figures(day)}</details></li>

            """);
    }

    // What changed a moment ago is not looked at yet: then the figures are others than those that were compared.
    private static TieOut? Standing(DayFigures day)
    {
        var now = DaySums.Of(day).Named.ToDictionary(static figure => figure.Name, static figure => figure.Value);
        return day.TieOut is { } tie && tie.Stands(day.ClosedAt, day.RestatedAt) && tie.Figures.All(figure => figure.Ours == now[figure.Name]) ? tie : null;
    }

    private static Html Figures(DayFigures day)
    {
        var told = (day.TieOut?.Figures ?? []).ToDictionary(static figure => figure.Name, StringComparer.Ordinal);
        var closed = day.ClosedAt is null ? [] : (day.AsClosed ?? DaySums.Of(day)).Named.ToDictionary(static figure => figure.Name, static figure => DayWords.Amount(figure.Value, figure.Currency));
        return Html.Of($"""
            <div class="wide" role="region" aria-label="Figures" tabindex="0"><table class="figures">
            <thead><tr><th scope="col">Figure</th><th scope="col">When closed</th><th scope="col">Now</th><th scope="col">By the service</th><th scope="col">Difference</th></tr></thead>
            <tbody>{Html.Concat(DaySums.Of(day).Named.Select(figure => Row(figure, closed.GetValueOrDefault(figure.Name), Beside(figure, told.GetValueOrDefault(figure.Name)))))}</tbody></table></div>
            """);
    }

    // The service's word may be older than what is known now.
    private static TieOutFigure? Beside((string Name, long Value, string? Currency) figure, TieOutFigure? told) => told is null ? null : told with { Ours = figure.Value, OurCurrency = figure.Currency };

    private static Html Row((string Name, long Value, string? Currency) figure, string? closed, TieOutFigure? told) => Html.Of($"""
        <tr{(told is { Ties: false } ? Html.Of($" class=\"bad\"") : default)}><th scope="row">{DayWords.Figure(figure.Name)}</th><td>{closed}</td><td>{DayWords.Amount(figure.Value, figure.Currency)}</td>
        <td>{(told is null ? "not told" : DayWords.Amount(told.Theirs, told.TheirCurrency))}</td><td>{(told is null or { Ties: true } ? "" : DayWords.Amount(told.Difference, told.OurCurrency))}</td></tr>
        """);
}
