using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Dashboard.Events;
using Sous.Plugins.Host.Dashboard.Locations;
using Sous.Plugins.Host.Dashboard.Runs;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Syncing.Checkpoints;
using Sous.Plugins.Host.Webhooks;

namespace Sous.Plugins.Host.Dashboard.Connections;

/// <summary>One connection: its condition, what its owner granted, its syncs and their last runs.</summary>
internal sealed class ConnectionPage(ConnectionStore connections, ConnectionViews views, SyncViews syncs, RunViews runs, SyncCheckpoints checkpoints, RunDecisions decisions, LocationDirectory locations, ConnectionParts parts, PageChanges changes, UntoldChanges untold, TimeProvider clock)
{
    private const int MostRuns = 40;
    private const int MostListed = 15;
    private const int MostScopes = 20;

    public static void Map(RouteGroupBuilder pages)
    {
        var connection = pages.MapGroup("/dashboard/tenants/{tenant}/connections/{id}").RequireAccess(AccessLevel.Tenant);
        connection.MapMethods("", OwnerPages.Reading, static (TenantId tenant, ConnectionId id, Caller caller, ConnectionPage page, CancellationToken cancellationToken) => page.ShowAsync(tenant, id, caller, cancellationToken));
        connection.MapGet("changes", static (TenantId tenant, ConnectionId id, HttpContext context, PageChanges changes)
            => TypedResults.ServerSentEvents(changes.WatchAsync(context.Request, (caller, cancellationToken) => changes.StateAsync(tenant, id, caller, cancellationToken), context.RequestAborted)));
    }

    private async Task<DashboardPage> ShowAsync(TenantId tenant, ConnectionId id, Caller caller, CancellationToken cancellationToken)
    {
        var state = await changes.StateAsync(tenant, id, caller, cancellationToken);
        if (await connections.FindAsync(tenant, id, cancellationToken) is not { } connection)
        {
            return DashboardPages.NoSuchPage;
        }

        var view = await views.OfAsync(connection, cancellationToken);
        var last = await runs.ListAsync(id, null, MostRuns, cancellationToken);
        return new DashboardPage(StatusCodes.Status200OK, parts.PlainTitle(connection), Html.Of($"""
            <p><a href="/">All connections</a> · <a href="{EventsPage.AddressOf(tenant)}?connection={id.Value}">What happened to it</a></p>
            <section class="card {Words.Of(view.Status).Tone.Class()}" aria-label="Condition">
            {parts.Condition(view)}
            <div class="actions">{await parts.RepairAsync(view, cancellationToken)}{Others(view)}</div>
            </section>
            {(locations.CanDiscover(connection) ? Html.Of($"<p><a href=\"{ConnectionLocationsPage.Address(tenant, id)}\">Its locations, and what they are mapped to</a></p>") : default)}
            <h2>What is fetched</h2>
            {(untold.Find(connection.Driver) is null ? default : Html.Of($"<p class=\"state {Tone.Warn.Class()}\">Changes come with the schedule alone: the service does not tell this host of them</p>"))}
            <ul class="cards">{await SyncsAsync(connection, view, cancellationToken)}</ul>
            <h2>The last runs</h2>
            {(last.Count == 0 ? Html.Of($"<p>It has not run yet.</p>") : RunHistory.Draw(last, clock.GetUtcNow()))}
            <ul>{Html.Concat(last.Take(MostListed).Select(Line))}</ul>
            <h2>What the owner granted</h2>
            {Grant(view)}
            """))
        {
            Changes = $"{ConnectionParts.Address(tenant, id)}/changes",
            State = state,
        };
    }

    private async Task<Html> SyncsAsync(Connection connection, ConnectionView view, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var shown = new List<Html>();
        foreach (var sync in await syncs.ListAsync(connection, cancellationToken))
        {
            var key = new SyncKey(connection.Id, sync.Stream);
            var kept = await checkpoints.ListAsync(key, cancellationToken);
            var asking = await decisions.ListAskingAsync(key, cancellationToken);
            shown.Add(Html.Of($"""
                <li class="card"><ul>{parts.Freshness(sync, MostScopes)}</ul>
                <p>{(sync.Next is { } next ? Html.Of($"Runs next {Markup.Time(next, now)}.") : Html.Of($"Does not run by itself."))}
                {(kept.Items.Max(static checkpoint => checkpoint.StoredAt) is { } at ? Html.Of($"Its place was last kept {Markup.Time(at, now)}: the next run goes on from there.") : Html.Of($"It has kept no place yet: the next run begins at the beginning."))}</p>
                {(sync.Backfill is { } waiting ? Html.Of($"<p>The business days {Markup.Day(waiting.From)} to {Markup.Day(waiting.To)} are yet to be fetched{(waiting.Next is { } on ? Html.Of($"; that goes on {Markup.Time(on, now)}") : default)}.</p>") : default)}
                {Html.Concat(asking.Select(static run => Html.Of($"<p class=\"state warn\"><a href=\"{RunPage.AddressOf(run)}\">A run waits for somebody to decide</a></p>")))}
                {(SyncStanding.MayRun(connection) ? Html.Of($"<div class=\"actions\">{ConnectionParts.Button(view, $"syncs/{sync.Stream.Value}/runs", "Fetch now", quiet: true)}</div>") : default)}
                </li>
                """));
        }

        return Html.Concat(shown);
    }

    private Html Line(RunView run) => Html.Of($"""
        <li><a href="{RunPage.AddressOf(run.Id)}">{Words.Of(run.Stream)}, {Markup.Time(run.StartedAt, clock.GetUtcNow())}</a>:
        <span class="state {RunWords.Of(run.Outcome).Tone.Class()}">{RunWords.Of(run.Outcome).Text}</span>. {run.Summary}</li>
        """);

    private static Html Others(ConnectionView view) => Html.Concat(
    [
        view.Status is ConnectionStatus.Ok or ConnectionStatus.Refreshing ? ConnectionParts.Button(view, "probe", "Check it now", quiet: true) : default,
        view.Status is ConnectionStatus.Ok or ConnectionStatus.Refreshing or ConnectionStatus.NeedsAttention ? ConnectionParts.Button(view, "pause", "Pause", quiet: true) : default,
    ]);

    private Html Grant(ConnectionView view)
    {
        var now = clock.GetUtcNow();
        return Html.Of($"""
            <p>Connected {Markup.Time(view.CreatedAt, now)}.{(view.RefreshedAt is { } at ? Html.Of($" Its access was renewed {Markup.Time(at, now)}.") : default)}</p>
            {(view.Scopes.Count == 0 ? default : Html.Of($"<p>Allowed: {Markup.Sentence(string.Join(", ", view.Scopes))}</p>"))}
            {(view.MissingScopes.Count == 0 ? default : Html.Of($"<p class=\"state warn\">Asked for and not allowed, so some of it does not work: {Markup.Sentence(string.Join(", ", view.MissingScopes))}</p>"))}
            """);
    }
}
