using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Dashboard;

/// <summary>Every plugin: whether its driver serves, why not, what to do, and what of its service it covers.</summary>
internal static class DriversPage
{
    public static void Map(RouteGroupBuilder signedIn) => signedIn.MapMethods("/dashboard/drivers", OwnerPages.Reading, static (DriverCatalog catalog) => Show(catalog.Rows));

    private static DashboardPage Show(IReadOnlyList<DriverRow> rows)
        => new(StatusCodes.Status200OK, "Drivers", Html.Of($"<ul class=\"cards\">{Html.Concat(rows.Select(Card))}</ul>"));

    private static Html Card(DriverRow row)
    {
        var (word, tone) = WordOf(row.State);
        return Html.Of($"""
            <li class="card {tone.Class()}">
            <div class="row"><h2>{Markup.Name(row.Manifest?.Name ?? row.Id.Value)}</h2>{(row.Version is { } version ? Html.Of($"<span class=\"soft\">Version {Markup.Name(version)}</span>") : default)}</div>
            <p class="state {tone.Class()}">{word}</p>
            {(row.Reason is { } reason ? Html.Of($"<p>{Markup.Sentence(reason)}</p>") : default)}
            {(row.Remedy is { } remedy ? Html.Of($"<p>{Markup.Sentence(remedy)}</p>") : default)}
            {(row.Newer is { } newer ? Html.Of($"<p>Version {Markup.Name(newer.Version)} lies beside it, and is not in use.</p>") : default)}
            {(row.Manifest is { Coverage.Count: > 0 } manifest ? Coverage(manifest.Coverage) : default)}
            </li>

            """);
    }

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
