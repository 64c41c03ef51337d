using System.Globalization;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Dashboard.Runs;
using Sous.Plugins.Host.Days.Closings;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Dashboard.Days;

/// <summary>A month of a tenant's business days: a line for each location, a sign for each day, and in words what does not agree or has changed.</summary>
internal sealed class DaysPage(IClosings closings, DriverLookup drivers, RunDecisions decisions, IRegistry registry, TimeProvider clock)
{
    /// <summary>So many locations that a page stays small.</summary>
    public const int PageSize = 15;

    private const int MostListed = 20;

    private static readonly TenantChoice s_choice = new("Days", "/dashboard/days", Address);

    public static void Map(RouteGroupBuilder signedIn, RouteGroupBuilder pages)
    {
        signedIn.MapMethods(s_choice.Start, OwnerPages.Reading, static (int? page, Caller caller, IRegistry registry, CancellationToken cancellationToken) => s_choice.ShowAsync(page ?? 1, caller, registry, cancellationToken));
        pages.MapMethods(
            "/dashboard/tenants/{tenant}/days",
            OwnerPages.Reading,
            static (TenantId tenant, string? month, int? page, DaysPage shown, CancellationToken cancellationToken) => shown.ShowAsync(tenant, month, page ?? 1, cancellationToken)).RequireAccess(AccessLevel.Tenant);
    }

    public static string Address(TenantId tenant) => $"/dashboard/tenants/{tenant}/days";

    public static string Address(TenantId tenant, DateOnly month) => $"{Address(tenant)}?month={Name(month)}";

    /// <summary>A month as an address names it: 2026-03.</summary>
    /// <param name="today">Stands for its month where none is named.</param>
    public static bool TryReadMonth(string? text, DateOnly today, out DateOnly first)
    {
        first = new DateOnly(today.Year, today.Month, 1);
        return text is null || (DateOnly.TryParseExact(text, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out first) && first.Year is > 1999 and < 2200);
    }

    private async Task<DashboardPage> ShowAsync(TenantId tenant, string? month, int page, CancellationToken cancellationToken)
    {
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        if (!TryReadMonth(month, today, out var first) || await registry.FindAsync(Tenant.Collection, tenant.Value, cancellationToken) is not { } named)
        {
            return DashboardPages.NoSuchPage;
        }

        var places = (await registry.ListAsync(MappedLocation.Collection, "", cancellationToken))
            .Where(place => place.Tenant == tenant).OrderBy(static place => place.Location.Name, StringComparer.OrdinalIgnoreCase).ToList();
        if (Paged<MappedLocation>.Of(places, page, PageSize) is not { } shown)
        {
            return DashboardPages.NoSuchPage;
        }

        var kept = await closings.ListAsync(tenant, first, first.AddMonths(1).AddDays(-1), cancellationToken);
        return new DashboardPage(StatusCodes.Status200OK, $"Days in {Title(first)}", Html.Of($"""
            <p class="soft">{Markup.Name(named.Name ?? named.Id.Value)}</p>
            {Turn(tenant, first)}
            <p>{Summarize(kept)}</p>
            {await AskingAsync(shown.Items, cancellationToken)}
            {Calendar(tenant, first, shown.Items, kept)}
            {shown.Turn(Address(tenant, first), "More locations")}
            {Legend()}
            {Listed(tenant, places, kept)}
            <p><a class="button" href="{Address(tenant)}.csv?month={Name(first)}" download>Download the month for a spreadsheet</a></p>
            """));
    }

    private static Html Turn(TenantId tenant, DateOnly first) => Html.Of($"""
        <nav class="turn" aria-label="Other months"><a rel="prev" href="{Address(tenant, first.AddMonths(-1))}">{Title(first.AddMonths(-1))}</a>
        <a href="{Address(tenant)}">This month</a> <a rel="next" href="{Address(tenant, first.AddMonths(1))}">{Title(first.AddMonths(1))}</a></nav>
        """);

    private static string Summarize(IReadOnlyList<Closing> kept)
    {
        var closed = kept.Where(static day => day.State.ClosedAt is not null).ToList();
        var (differ, waiting, restated) = (closed.Count(static day => day.Standing is { Differs: true }), closed.Count(static day => day.Standing is null), closed.Count(static day => day.State.RestatedAt is not null));
        var told = (differ == 0 ? "none differs" : Markup.Count(differ, "differs", "differ")) + " from what the service tells";
        told += waiting == 0 ? "" : $", {Markup.Count(waiting, "is", "are")} about to be compared again";
        return closed.Count == 0 ? "No day of this month is closed yet. A day is closed some hours after its end, when tips and late payments are in."
            : $"{Markup.Count(closed.Count, "day is", "days are")} closed, over all locations: {told}, and {(restated == 0 ? "none has" : Markup.Count(restated, "has", "have"))} changed since.";
    }

    /// <summary>What a run waits to be told: until then its days may not be whole.</summary>
    private async Task<Html> AskingAsync(IReadOnlyList<MappedLocation> shown, CancellationToken cancellationToken)
    {
        var notices = new List<Html>();
        foreach (var connection in shown.Select(static place => place.Connection).Distinct())
        {
            notices.AddRange((await decisions.ListAskingAsync(new SyncKey(connection, StreamName.Sales), cancellationToken)).Select(static run
                => Html.Of($"<p class=\"notice\">Some days may not be whole: <a href=\"{RunPage.AddressOf(run)}\">a run waits for somebody to decide</a>.</p>")));
        }

        return Html.Concat(notices.Take(MostListed));
    }

    private Html Calendar(TenantId tenant, DateOnly first, IReadOnlyList<MappedLocation> shown, IReadOnlyList<Closing> kept)
    {
        var days = Enumerable.Range(0, DateTime.DaysInMonth(first.Year, first.Month)).Select(first.AddDays).ToList();
        var known = kept.ToDictionary(static closing => closing.Key);
        return shown.Count == 0 ? Html.Of($"<p>No location is known yet.</p>") : Html.Of($"""
            <div class="wide" role="region" aria-label="Calendar" tabindex="0"><table class="days">
            <thead><tr><th scope="col">Location</th>{Html.Concat(days.Select(day => Html.Of($"<th scope=\"col\"><a href=\"{DayPage.Address(tenant, day)}\" aria-label=\"{DayWords.Long(day)}\">{day.Day}</a></th>")))}</tr></thead>
            <tbody>{Html.Concat(shown.Select(place => Html.Of($"<tr><th scope=\"row\">{Markup.Name(place.Location.Name)} <small>{Service(place)}</small></th>{Html.Concat(days.Select(day => Cell(known.GetValueOrDefault(new ClosingKey(place.Connection, place.Location.Ref.Id, day)))))}</tr>")))}</tbody>
            </table></div>
            """);
    }

    private string Service(MappedLocation place) => drivers(new DriverId(place.Location.Ref.Service))?.Manifest.Name ?? place.Location.Ref.Service;

    private static Html Cell(Closing? day)
    {
        if (day is null)
        {
            return Html.Of($"<td></td>");
        }

        var mark = MarkOf(day);
        return Html.Of($"<td class=\"{mark.Tone.Class()}\">{mark.Draw()}</td>");
    }

    private static DayMark MarkOf(Closing day) => DayMark.Of(day.State.ClosedAt, day.Standing, day.State.RestatedAt is not null);

    private static Html Legend() => Html.Of($"""
        <dl class="legend">{Html.Concat(DayMark.All.Select(static mark => Html.Of($"<div><dt class=\"{mark.Tone.Class()}\">{mark.Sign}</dt><dd>{mark.Words}</dd></div>")))}
        <div><dt>{DayMark.Restated}</dt><dd>It has {DayMark.RestatedWords}</dd></div><div><dt>empty</dt><dd>To come, or before this worker looked</dd></div></dl>
        <details><summary>What a ✗ means, most often</summary><p>A payment that belongs to no sale: the service counts it and does not hand it out. Or a sale that changed while the
        service was asked, which the next comparison mends. Where the same figure differs day after day, tell whoever runs this worker.</p></details>
        """);

    /// <summary>In words what differs, and what has changed.</summary>
    private Html Listed(TenantId tenant, List<MappedLocation> places, IReadOnlyList<Closing> kept)
    {
        var now = clock.GetUtcNow();
        var names = places.ToDictionary(static place => (place.Connection, place.Location.Ref.Id), static place => place.Location.Name);
        var listed = kept.Where(static day => day is { Standing.Differs: true } or { State.RestatedAt: not null })
            .OrderByDescending(static day => day.Standing is { Differs: true }).ThenByDescending(static day => day.Key.Day).ToList();
        return listed.Count == 0 ? default : Html.Of($"""
            <h2>What to look at</h2>
            {(listed.Count > MostListed ? Html.Of($"<p class=\"soft\">The first {MostListed} of {listed.Count}. All are in the download.</p>") : default)}
            <ul class="cards">{Html.Concat(listed.Take(MostListed).Select(day => Line(tenant, names.GetValueOrDefault((day.Key.Connection, day.Key.Location)) ?? day.Key.Location, day, now)))}</ul>
            """);
    }

    private static Html Line(TenantId tenant, string name, Closing day, DateTimeOffset now)
    {
        var mark = MarkOf(day);
        return Html.Of($"""
            <li class="card {mark.Tone.Class()}"><h3><a href="{DayPage.Address(tenant, day.Key.Day)}">{DayWords.Long(day.Key.Day)}, {Markup.Name(name)}</a></h3>
            <p class="state {mark.Tone.Class()}">{mark.Words}</p>
            {(day.Standing is { Differs: true } tie ? DayWords.Differences(tie, now) : default)}
            {(day.State is { RestatedAt: not null, AsClosed: { } closed, Sums: { } sums } ? DayWords.Changes(closed, sums) : default)}</li>

            """);
    }

    private static string Title(DateOnly month) => month.ToString("MMMM yyyy", CultureInfo.InvariantCulture);

    private static string Name(DateOnly month) => month.ToString("yyyy-MM", CultureInfo.InvariantCulture);
}
