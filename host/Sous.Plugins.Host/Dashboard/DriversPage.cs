using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Dashboard;

/// <summary>Every plugin: whether its driver serves, why not, what to do, and what of its service it covers; for the operator, whether its webhooks come.</summary>
internal static class DriversPage
{
    public static void Map(RouteGroupBuilder signedIn) => signedIn.MapMethods("/dashboard/drivers", OwnerPages.Reading, ShowAsync);

    private static async Task<DashboardPage> ShowAsync(DriverCatalog catalog, Caller caller, DriverWebhooks webhooks, CancellationToken cancellationToken)
    {
        var cards = new List<Html>();
        foreach (var row in catalog.Rows)
        {
            cards.Add(Card(row, caller.IsAdmin ? await webhooks(row, cancellationToken) : null));
        }

        return new DashboardPage(StatusCodes.Status200OK, "Drivers", Html.Of($"<ul class=\"cards\">{Html.Concat(cards)}</ul>"));
    }

    private static Html Card(DriverRow row, DriverWebhookView? webhook)
    {
        var (word, tone) = WordOf(row.State);
        return Html.Of($"""
            <li class="card {tone.Class()}">
            <div class="row"><h2>{Markup.Name(row.Manifest?.Name ?? row.Id.Value)}</h2>{(row.Version is { } version ? Html.Of($"<span class=\"soft\">Version {Markup.Name(version)}</span>") : default)}</div>
            <p class="state {tone.Class()}">{word}</p>
            {(row.Reason is { } reason ? Html.Of($"<p>{Markup.Sentence(reason)}</p>") : default)}
            {(row.Remedy is { } remedy ? Html.Of($"<p>{Markup.Sentence(remedy)}</p>") : default)}
            {(webhook is null ? default : Webhooks(webhook))}
            {(row.Newer is { } newer ? Html.Of($"<p>Version {Markup.Name(newer.Version)} lies beside it, and is not in use.</p>") : default)}
            {(row.Manifest is { Coverage.Count: > 0 } manifest ? Coverage(manifest.Coverage) : default)}
            </li>

            """);
    }

    /// <summary>What is amiss with them, where something is.</summary>
    private static Html Webhooks(DriverWebhookView webhook) => Html.Of($"""
        {(webhook.Untold is { } untold ? Html.Of($"<p class=\"state {Tone.Warn.Class()}\">Its webhooks do not come</p><p>{Markup.Sentence(untold.Says)}</p>") : default)}
        {(webhook.Silent > 0 ? Html.Of($"<p class=\"state {Tone.Warn.Class()}\">Webhooks of {Markup.Count(webhook.Silent, "stream", "streams")} have stopped</p>") : default)}
        {(webhook.Remedy is { } remedy ? Html.Of($"<p>{Markup.Sentence(remedy)}</p>") : default)}
        """);

    private static Html Coverage(IReadOnlyDictionary<string, string> coverage) => Html.Of($"""
        <details><summary>What it covers</summary><dl>{Html.Concat(coverage.Select(static part => Html.Of($"<dt>{part.Key}</dt><dd>{Markup.Sentence(part.Value)}</dd>")))}</dl></details>
        """);

    private static (string Text, Tone Tone) WordOf(DriverState state) => state switch
    {
        DriverState.Loaded => ("Serving", Tone.Good),
        DriverState.Disabled => ("Disabled", Tone.Plain),
        DriverState.Unlisted => ("Lies in the folder, and nobody enabled it", Tone.Plain),
        DriverState.Quarantined => ("Stopped after repeated failures", Tone.Bad),
        _ => ("Refused", Tone.Bad),
    };
}
