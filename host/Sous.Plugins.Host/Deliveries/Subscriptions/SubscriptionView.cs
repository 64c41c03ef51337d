using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Http.Versions;

namespace Sous.Plugins.Host.Deliveries.Subscriptions;

/// <summary>A subscription as the API shows it.</summary>
/// <param name="Secret">In the answer to its creation, and to a rotation, only.</param>
/// <param name="State"><c>active</c>, <c>failing</c> while nothing can be delivered, or <c>disabled</c>.</param>
/// <param name="Cause">Why it is failing or disabled.</param>
/// <param name="OldSecretUntil">While two secrets sign: when the older one ceases to.</param>
/// <param name="Pending">Deliveries that wait, for their turn or for their next attempt.</param>
/// <param name="Dead">Deliveries that were given up and can be replayed.</param>
/// <param name="Version">For <c>If-Match</c>.</param>
internal sealed record SubscriptionView(
    string Id,
    Uri Url,
    IReadOnlyList<string> Events,
    string? ReturnTo,
    string? Secret,
    string State,
    string? Cause,
    DateTimeOffset? FailingSince,
    DateTimeOffset? NextAttempt,
    DateTimeOffset? DeliveredAt,
    DateTimeOffset? OldSecretUntil,
    long Pending,
    long Dead,
    DateTimeOffset CreatedAt,
    string Version) : IVersioned
{
    public static SubscriptionView Of(Subscription subscription, SubscriptionStanding standing, DateTimeOffset now, string? secret = null)
    {
        var isActive = subscription.State == SubscriptionState.Active;
        var failing = isActive ? standing.FailingSince : null;
        return new(
            subscription.Id,
            subscription.Url,
            subscription.Events,
            subscription.ReturnTo,
            secret,
            !isActive ? "disabled" : failing is null ? "active" : "failing",
            failing is null ? subscription.Cause : standing.Reason,
            failing,
            isActive ? standing.NextAttempt : null,
            standing.DeliveredAt,
            subscription.Keys.Select(static key => key.Until).FirstOrDefault(until => until > now),
            standing.Pending,
            standing.Dead,
            subscription.CreatedAt,
            subscription.Version);
    }
}
