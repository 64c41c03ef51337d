using Sous.Plugins.Host.Http;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Locations.Suggestions;

namespace Sous.Plugins.Host.Dashboard.Locations;

/// <summary>One location, with the buttons that map it: the best suggestion by one press.</summary>
/// <param name="Held">Records of it that are kept back until it is mapped.</param>
/// <param name="Suggestions">Best first.</param>
/// <param name="Address">Of the page, below which the buttons' verbs are.</param>
internal sealed record LocationCard(MappedLocation Location, long Held, IReadOnlyList<Suggestion> Suggestions, string Address)
{
    // What services write comes in here in several places: each kept short, so that a page stays small.
    private const int MostSuggestions = 3;
    private const int MostReasons = 4;
    private const int Short = 160;

    public Html Draw()
    {
        var (word, tone) = Standing();
        var told = Location.Location;
        return Html.Of($"""
            <li class="card {tone.Class()}">
            <h2>{Markup.Name(told.Name)}</h2>
            <p class="soft">{(told.Address is { Length: > 0 } address ? Html.Of($"{Markup.Sentence(address, Short)} · ") : default)}{Markup.Sentence(told.Ref.Id, Short)} at the service</p>
            <p class="state {tone.Class()}">{word}</p>
            {(Held > 0 ? Html.Of($"<p>{Markup.Count(Held, "record is", "records are")} held until it is mapped.</p>") : default)}
            {Html.Concat((Location.Findings ?? []).Where(static finding => finding.Kind != LocationFindingKind.New).Take(MostReasons).Select(static finding => Html.Of($"<p>{Markup.Sentence(finding.Text, Short)}</p>")))}
            {(Suggestions is [var best, ..] ? Why(best) : default)}
            <form method="post" action="{Address}/map" class="actions">{Fields()}{Buttons()}</form>
            <details><summary>Map it to {(Location.OwnId is null && Suggestions.Count == 0 ? "one of the platform's" : "another")}</summary>
            <form method="post" action="{Address}/map" class="choose">{Fields()}
            <label>The platform's own id of the location <input name="{LocationActions.OwnId}" list="own" required maxlength="{LocationsEndpoint.LongestOwnId}" autocomplete="off" spellcheck="false"></label>
            <button>Map</button></form></details>
            </li>

            """);
    }

    /// <summary>What was just done to a location, and the button that takes it back.</summary>
    /// <param name="was">What it was mapped to before; null where to nothing.</param>
    /// <param name="address">Of the page.</param>
    public static Html Done(MappedLocation location, string? was, string address)
    {
        var name = Markup.Name(location.Location.Name);
        var told = location.OwnId is { } own ? Html.Of($"{name} is mapped to {Markup.Name(own)}.") : Html.Of($"{name} is left unmapped: its records are held.");
        var undo = was is { Length: > 0 and <= LocationsEndpoint.LongestOwnId }
            ? was == location.OwnId ? default : Html.Of($"<button class=\"quiet\" name=\"{LocationActions.OwnId}\" value=\"{was}\">Undo: map it to {Markup.Name(was)} again</button>")
            : location.OwnId is null ? default : Html.Of($"<button class=\"quiet\" formaction=\"{address}/unmap\">Undo: it is not to be mapped</button>");
        return Html.Of($"""
            <div class="notice good" role="status"><p>{told}</p><form method="post" action="{address}/map">{Fields(location)}{undo}</form></div>
            """);
    }

    private (Html Word, Tone Tone) Standing() => Location switch
    {
        { MappingPending: true } => (Html.Of($"Being mapped: its records are on their way"), Tone.Plain),
        { OwnId: null, Findings.Count: > 0 } => (Html.Of($"Not mapped yet"), Tone.Warn),
        { OwnId: null } => (Html.Of($"Left unmapped"), Tone.Plain),
        { OwnId: { } own, Findings.Count: > 0 } => (Html.Of($"Mapped to {Markup.Name(own)}, and not as it was then"), Tone.Warn),
        { OwnId: { } own } => (Html.Of($"Mapped to {Markup.Name(own)}"), Tone.Good),
    };

    private Html Buttons()
    {
        var hasFindings = Location.Findings is { Count: > 0 };
        var keep = Location.OwnId is { } own && hasFindings ? Html.Of($"<button name=\"{LocationActions.OwnId}\" value=\"{own}\">Keep it mapped to {Markup.Name(own)}</button>") : default;
        var offered = Suggestions.Take(MostSuggestions).Select((suggestion, place) => Html.Of(
            $"<button{(place == 0 && Location.OwnId is null ? default : Html.Of($" class=\"quiet\""))} name=\"{LocationActions.OwnId}\" value=\"{suggestion.OwnId}\">Map to {Markup.Name(suggestion.Name ?? suggestion.OwnId)}</button>"));
        var leave = Location.OwnId is not null || hasFindings
            ? Html.Of($"<button class=\"quiet\" formaction=\"{Address}/unmap\">{(Location.OwnId is null ? "Leave it unmapped" : "Map it to nothing")}</button>")
            : default;
        return Html.Concat([keep, .. offered, leave]);
    }

    private static Html Why(Suggestion best) => Html.Of($"""
        <details><summary>{Likeness(best.Confidence)}: {Markup.Name(best.Name ?? best.OwnId)} ({(long)Math.Round(best.Confidence * 100)} of 100)</summary>
        <ul>{Html.Concat(best.Reasons.Take(MostReasons).Select(static reason => Html.Of($"<li>{Markup.Sentence(reason, Short)}</li>")))}</ul></details>
        """);

    private static string Likeness(double confidence) => confidence switch
    {
        >= 0.9 => "It is most likely",
        >= 0.6 => "It is likely",
        _ => "It may be",
    };

    private Html Fields() => Fields(Location);

    private static Html Fields(MappedLocation location) => Html.Of($"<input type=\"hidden\" name=\"{LocationActions.ExternalId}\" value=\"{location.Location.Ref.Id}\">");
}
