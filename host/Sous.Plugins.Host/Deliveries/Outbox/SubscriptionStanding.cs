namespace Sous.Plugins.Host.Deliveries.Outbox;

/// <summary>How a subscription's deliveries stand.</summary>
/// <param name="FailingSince">Since when none was delivered though some were tried, or null.</param>
/// <param name="NextAttempt">When something is tried next, or null where nothing waits.</param>
/// <param name="Reason">Why the last attempt failed, with <paramref name="FailingSince"/>.</param>
internal sealed record SubscriptionStanding(long Pending, long Dead, DateTimeOffset? DeliveredAt, DateTimeOffset? FailingSince, DateTimeOffset? NextAttempt, string? Reason);
