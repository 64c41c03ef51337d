using System.Text.Encodings.Web;
using System.Text.Json;
using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Dashboard.Connections;
using Sous.Plugins.Host.Dashboard.Events;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Http;

namespace Sous.Plugins.Host.Dashboard.Deliveries;

/// <summary>One delivery: each attempt and what came of it, and sending it again, as it is or edited.</summary>
internal sealed class DeliveryPage(IOutbox outbox, TimeProvider clock)
{
    // With its quotes encoded it is longer by half: the page stays small.
    private const int LongestEdited = 40_000;

    private static readonly JsonSerializerOptions s_readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Map(RouteGroupBuilder pages) => pages.MapMethods(
        "/dashboard/tenants/{tenant}/deliveries/{id}",
        OwnerPages.Reading,
        static (TenantId tenant, string id, DeliveryPage shown, CancellationToken cancellationToken) => shown.ShowAsync(tenant, id, null, cancellationToken)).RequireAccess(AccessLevel.Tenant);

    public static string AddressOf(TenantId tenant, string id) => $"/dashboard/tenants/{tenant}/deliveries/{id}";

    /// <summary>What one that waits does wait for.</summary>
    public static Html Waits(Delivery delivery, DateTimeOffset now) => delivery.Due is { } due
        ? Html.Of($"The next attempt is {Markup.Time(due, now)}.")
        : Html.Of($"It waits for the one before it, so that they arrive in order.");

    /// <param name="wrong">What was written in place of the data, where that cannot be sent.</param>
    public async Task<DashboardPage> ShowAsync(TenantId tenant, string id, string? wrong, CancellationToken cancellationToken)
    {
        if (await outbox.FindAsync(tenant, id, cancellationToken) is not { } delivery)
        {
            return DashboardPages.NoSuchPage;
        }

        var now = clock.GetUtcNow();
        var attempts = await outbox.ListAttemptsAsync(delivery, cancellationToken);
        var (word, tone) = DeliveryWords.Of(delivery.State);
        return new DashboardPage(wrong is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest, $"{EventWords.Of(delivery.Type).Text}: a delivery", Html.Of($"""
            <p><a href="{SubscriptionCard.AddressOf(tenant, delivery.Subscription)}">Where it goes</a>{(delivery.Connection is { } connection ? Html.Of($" · <a href=\"{ConnectionParts.Address(tenant, connection)}\">Its connection</a>") : default)}</p>
            {(wrong is null ? default : Html.Of($"<p class=\"notice bad\" role=\"alert\">Nothing was sent: what was written is no JSON object that can be sent.</p>"))}
            <section class="card {tone.Class()}" aria-label="How it stands">
            <p class="state {tone.Class()}">{word}{(delivery.EndedAt is { } end ? Html.Of($" {Markup.Time(end, now)}") : default)}</p>
            {(delivery.Reason is { } reason ? Html.Of($"<p>{Markup.Sentence(reason)}</p>") : default)}
            <p>It happened {Markup.Time(delivery.At, now)}. {(delivery.State == DeliveryState.Pending ? Waits(delivery, now) : default)}</p>
            {(delivery.State == DeliveryState.Canceled ? default : Html.Of($"<div class=\"actions\">{Markup.Button($"{AddressOf(tenant, id)}/replay", "Send it again as it is")}</div>"))}
            </section>
            {(attempts.Count == 0 ? default : Html.Of($"<h2>Attempts</h2><ul>{Html.Concat(attempts.Select(attempt => Line(attempt, now)))}</ul>"))}
            {(delivery.State == DeliveryState.Canceled ? default : Edit(delivery, wrong))}
            """));
    }

    private static Html Line(DeliveryAttempt attempt, DateTimeOffset now)
        => Html.Of($"<li>{Markup.Time(attempt.At, now)}: {(attempt.Reason is { } reason ? Markup.Sentence(reason) : Html.Of($"<span class=\"state good\">delivered</span>"))}</li>");

    private static Html Edit(Delivery delivery, string? wrong)
    {
        var text = wrong ?? JsonSerializer.Serialize(JsonElement.Parse(delivery.Data), s_readable);
        return text.Length > LongestEdited ? Html.Of($"<p>It is too long to be edited here. <code>sous-plugins deliveries replay</code> takes it from a file.</p>") : Html.Of($"""
            <h2>Send it edited</h2>
            <form class="edit" method="post" action="{AddressOf(delivery.Tenant, delivery.Id)}/edit">
            <label for="data">What it tells. It goes out under an id of its own, after what waits before it; this one is then canceled.</label>
            <textarea id="data" name="data" rows="14" spellcheck="false" required>
            {text}</textarea>
            <button class="quiet">Send it edited</button>
            </form>
            """);
    }
}
