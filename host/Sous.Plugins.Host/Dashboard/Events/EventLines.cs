using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Dashboard.Connections;
using Sous.Plugins.Host.Dashboard.Deliveries;
using Sous.Plugins.Host.Dashboard.Runs;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Dashboard.Events;

/// <summary>Events in words: what happened to whose connection, why, who must act, and where to look.</summary>
internal sealed class EventLines(ConnectionStore connections, ConnectionParts connectionParts, TimeProvider clock)
{
    // What services write comes in here in several places: each kept short, so that a page stays small.
    private const int Short = 160;

    public async Task<Html> DrawAsync(IEnumerable<PlatformEvent> events, CancellationToken cancellationToken)
    {
        var drawn = new List<Html>();
        foreach (var told in events)
        {
            drawn.Add(Draw(told, told.Connection is { } id ? await connections.FindAsync(told.Tenant, id, cancellationToken) : null));
        }

        return Html.Concat(drawn);
    }

    private Html Draw(PlatformEvent told, Connection? connection)
    {
        var (word, tone) = EventWords.Of(told.Type);
        return Html.Of($"""
            <li class="card {tone.Class()}">
            <div class="row"><span class="state {tone.Class()}">{word}</span><span class="soft">{Markup.Time(told.At, clock.GetUtcNow())}</span></div>
            <p>{Html.Concat(About(told, connection))}</p>
            {(told.Cause is { } cause ? Html.Of($"<p>{Markup.Sentence(cause, Short)}</p>") : default)}
            {(told.Actor is { } actor ? Html.Of($"<p>{Words.Of(actor)}</p>") : default)}
            </li>

            """);
    }

    private IEnumerable<Html> About(PlatformEvent told, Connection? connection)
    {
        var parts = new List<Html>();
        if (connection is not null)
        {
            parts.Add(Html.Of($"<a href=\"{ConnectionParts.Address(connection.Tenant, connection.Id)}\">{connectionParts.PlainTitle(connection)}</a>"));
        }
        else if (told.Driver is { } driver)
        {
            parts.Add(Html.Of($"{connectionParts.PlainTitle(driver, null)}"));
        }

        if ((told.Location ?? told.ExternalId) is { } place)
        {
            parts.Add(Markup.Name(place));
        }

        if (told.Day is { } day)
        {
            parts.Add(Html.Of($"{Markup.Day(day)}"));
        }

        if (told.Stream is { } stream)
        {
            parts.Add(Html.Of($"{Words.Of(new Sdk.StreamName(stream))}"));
        }

        if (told.Records is { Count: > 0 } records)
        {
            parts.Add(Html.Of($"{Markup.Count(records.Count, "record", "records")}"));
        }

        if (told.Run is { } run)
        {
            parts.Add(Html.Of($"<a href=\"{RunPage.AddressOf(run)}\">The run</a>"));
        }

        if (told.Subscription is { } subscription)
        {
            parts.Add(Html.Of($"<a href=\"{SubscriptionCard.AddressOf(told.Tenant, subscription)}\">The address</a>"));
        }

        return parts.SelectMany(static (part, place) => place == 0 ? [part] : (Html[])[Html.Of($" · "), part]);
    }
}
