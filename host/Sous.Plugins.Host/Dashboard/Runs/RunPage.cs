using System.Globalization;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Dashboard.Connections;
using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Telemetry;

namespace Sous.Plugins.Host.Dashboard.Runs;

/// <summary>One run: how it ended or how far it is, and why. While it is under way a script keeps the numbers up to date.</summary>
internal sealed class RunPage(RunViews runs, RunLogs logs, RunDecisions decisions, ConnectionStore connections, TimeProvider clock)
{
    /// <summary>The page of the run <c>{run}</c>.</summary>
    public const string Route = "/dashboard/runs/{run}";

    private const int MostScopes = 100;

    public static void Map(RouteGroupBuilder signedIn)
    {
        signedIn.MapMethods(Route, OwnerPages.Reading, static (string run, Caller caller, RunPage page, CancellationToken cancellationToken) => page.ShowAsync(run, caller, cancellationToken));
        signedIn.MapGet($"{Route}/events", SyncingEndpoint.WatchRunAsync);
    }

    public static string AddressOf(string run) => $"/dashboard/runs/{run}";

    private async Task<DashboardPage> ShowAsync(string id, Caller caller, CancellationToken cancellationToken)
    {
        if (await runs.FindAsync(id, caller, cancellationToken) is not { } run || await connections.FindAsync(run.Connection, cancellationToken) is not { } connection)
        {
            return DashboardPages.NoSuchPage;
        }

        var now = clock.GetUtcNow();
        var isLive = run.Outcome == SyncOutcome.Running;
        var (word, tone) = RunWords.Of(run.Outcome);
        return new DashboardPage(StatusCodes.Status200OK, $"{Words.Of(run.Stream)}: a run", Html.Of($"""
            <p><a href="{ConnectionParts.Address(connection.Tenant, connection.Id)}">Its connection</a></p>
            <section class="card {tone.Class()}" aria-label="How it went"{(isLive ? Html.Of($" data-events=\"{AddressOf(run.Id)}/events\"") : default)}>
            <p class="state {tone.Class()}">{word}</p>
            {(run.Reason is { } reason ? Html.Of($"<p>{Markup.Sentence(reason)}</p>") : default)}
            <p>{run.Summary}</p>
            <p>It began {Markup.Time(run.StartedAt, now)}, {RunWords.OfTrigger(run.Trigger)}{(run.EndedAt is { } end ? Html.Of($", and ended {Markup.Time(end, now)}") : default)}.</p>
            {(run is { From: { } from, To: { } to } ? Html.Of($"<p>Business days {Markup.Day(from)} to {Markup.Day(to)}.</p>") : default)}
            {Numbers(run)}
            {(isLive ? Html.Of($"<div class=\"actions\">{Button(run, "cancel", "Cancel it", quiet: true)}</div>") : default)}
            <p class="soft" role="status">{(isLive ? "The numbers are those of when the page was opened, unless scripts run." : "")}</p>
            </section>
            {await QuestionAsync(run, cancellationToken)}
            {Scopes(run)}
            {Log(logs.List(run.Id))}
            """));
    }

    private async Task<Html> QuestionAsync(RunView run, CancellationToken cancellationToken)
    {
        var key = new SyncKey(run.Connection, run.Stream);
        return (await decisions.ListAskingAsync(key, cancellationToken)).Contains(run.Id) ? Decide(run)
            : await decisions.IsAskedAgainAsync(key, run.Id, cancellationToken) ? Html.Of($"<p class=\"notice\">It was called wrong: the service is being asked again, by the next run.</p>")
            : default;
    }

    /// <summary>What a run asks, it says in its reason.</summary>
    private static Html Decide(RunView run) => Html.Of($"""
        <section class="card warn" aria-label="To decide">
        <h2>Somebody has to decide</h2>
        <p>Is it right? Then records that it holds back from being deleted are deleted, and days without a sale count as such. Is it wrong? Then the records stay, and the service is asked for the days once more.</p>
        <div class="actions">{Button(run, "approve", "It is right")}{Button(run, "reject", "It is wrong", quiet: true)}</div>
        </section>
        """);

    private static Html Button(RunView run, string verb, string word, bool quiet = false) => Markup.Button($"{AddressOf(run.Id)}/{verb}", word, quiet);

    private static Html Numbers(RunView run) => Html.Of($"""
        <dl class="numbers">
        {Number("Pages", "pages", run.Pages)}{Number("New", "inserted", run.Inserted)}{Number("Changed", "updated", run.Updated)}
        {Number("As before", "unchanged", run.Unchanged)}{Number("Deleted", "deleted", run.Deleted)}{Number("Held until their location is known", "held", run.Held)}
        {(run is { Windows: { } windows, WindowsDone: { } done } ? Number($"Parts done, of {Markup.Count(windows, "part", "parts")}", "windowsDone", done) : default)}
        </dl>
        """);

    private static Html Number(string word, string field, long number)
        => Html.Of($"<div><dt>{word}</dt><dd data-field=\"{field}\">{number.ToString("N0", CultureInfo.InvariantCulture)}</dd></div>");

    private static Html Scopes(RunView run) => run.Scopes is not { Count: > 0 } scopes ? default : Html.Of($"""
        <h2>Location by location</h2>
        <ul>{Html.Concat(scopes.Take(MostScopes).Select(static scope => Html.Of($"<li>{Markup.Name(scope.Name ?? scope.Location ?? "All of it")}: {RunWords.Of(scope.State).Text}, {Markup.Count(scope.Pages, "page", "pages")}</li>")))}</ul>
        """);

    private static Html Log(IReadOnlyList<RunLogLine> lines) => lines.Count == 0 ? default : Html.Of($"""
        <h2>What it wrote down</h2>
        <ul>{Html.Concat(lines.Select(static line => Html.Of($"<li>{line.At.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture)} UTC: {Markup.Sentence(line.Message)}</li>")))}</ul>
        """);
}
