using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Deliveries.Subscriptions;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Dashboard.Deliveries;

/// <summary>An address of the platform: how its deliveries stand, why, and the buttons that help. Of the address only what holds no secret is shown.</summary>
internal sealed record SubscriptionCard(TenantId Tenant, SubscriptionView View, DateTimeOffset Now)
{
    public static string AddressOf(TenantId tenant, string id) => $"/dashboard/tenants/{tenant}/subscriptions/{id}";

    /// <summary>Whoever gives an address out may have put a secret into its path or query.</summary>
    public static string NameOf(Uri url) => url.GetLeftPart(UriPartial.Authority);

    public Tone Tone => State().Tone;

    public Html Draw()
    {
        var (word, tone) = State();
        return Html.Of($"""
            <p class="state {tone.Class()}">{word}{(View.FailingSince is { } since ? Html.Of($" since {Markup.Time(since, Now)}") : default)}</p>
            {(View.Cause is { } cause ? Html.Of($"<p>{Markup.Sentence(cause)}</p>") : default)}
            <p>{(View.Pending == 0 ? "Nothing waits." : $"{Markup.Count(View.Pending, "delivery waits", "deliveries wait")}.")}
            {(View.NextAttempt is { } next ? Html.Of($"The next attempt is {Markup.Time(next, Now)}.") : default)}
            {(View.Dead == 0 ? default : Html.Of($"{Markup.Count(View.Dead, "was given up, and can be sent again", "were given up, and can be sent again")}."))}
            {(View.DeliveredAt is { } at ? Html.Of($"<span class=\"soft\">Last delivered {Markup.Time(at, Now)}.</span>") : default)}</p>
            <div class="actions">
            {(View.State == "disabled" ? Button("enable", "Deliver to it again") : default)}
            {(View.Dead == 0 ? default : Button("replay", "Send again what was given up"))}
            </div>
            """);
    }

    private (string Text, Tone Tone) State() => View.State switch
    {
        "disabled" => ("Nothing is delivered to it any more", Tone.Bad),
        "failing" => ("Nothing gets through", Tone.Warn),
        _ => ("Delivering", View.Dead == 0 ? Tone.Good : Tone.Warn),
    };

    private Html Button(string verb, string word) => Markup.Button($"{AddressOf(Tenant, View.Id)}/{verb}", word);
}
