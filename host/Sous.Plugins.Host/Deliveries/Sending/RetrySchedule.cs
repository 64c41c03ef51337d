using Sous.Plugins.Host.Deliveries.Outbox;

namespace Sous.Plugins.Host.Deliveries.Sending;

/// <summary>When a delivery is tried again: ten times over three days, then it is dead. Waits that its receiver asks for climb no rung for that long.</summary>
internal static class RetrySchedule
{
    /// <summary>The most that a receiver can ask to wait.</summary>
    public static readonly TimeSpan LongestAsked = TimeSpan.FromDays(1);

    // Those of Standard Webhooks; the first attempt is at once.
    private static readonly TimeSpan[] s_waits =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5),
        TimeSpan.FromHours(10), TimeSpan.FromHours(14), TimeSpan.FromHours(20), TimeSpan.FromHours(24),
    ];

    private const double Jitter = 0.1;

    // Who asks for a short wait each time is down: from so many attempts on it is asked that seldom.
    private const int Patient = 20;
    private static readonly TimeSpan s_leastOfMany = TimeSpan.FromMinutes(30);

    // What has waited for its time behind others, or while the host was down, must not die of an outage that is over at once.
    private const int LeastRungs = 3;

    /// <summary>The longest that anything waits for its turn; what seems to wait longer was put off by a clock that was wrong.</summary>
    public static readonly TimeSpan LongestWait = s_waits[^1] * (1 + Jitter);

    /// <summary>From the first attempt to the last at the latest; what has waited longer, behind others, is tried four times over some 35 minutes.</summary>
    public static readonly TimeSpan Span = s_waits.Aggregate(TimeSpan.Zero, static (sum, wait) => sum + wait) * (1 + Jitter);

    /// <param name="delivery">As it was before the attempt.</param>
    public static RetryStep After(Delivery delivery, DeliveryAttempt attempt, DateTimeOffset now)
    {
        if (attempt.IsDelivered)
        {
            return new RetryStep(DeliveryState.Delivered, now, delivery.Rung);
        }

        // The subscription is disabled by then; once it is enabled this is tried as if it had not been.
        if (attempt.IsUnwanted)
        {
            return new RetryStep(DeliveryState.Pending, now, delivery.Rung);
        }

        var isOld = now - delivery.Since >= Span;
        if (attempt.RetryAfter is { } asked && !isOld)
        {
            return new RetryStep(DeliveryState.Pending, now + Bound(asked, delivery.Attempts), delivery.Rung);
        }

        return delivery.Rung >= (isOld ? LeastRungs : s_waits.Length)
            ? new RetryStep(DeliveryState.Dead, now, delivery.Rung)
            : new RetryStep(DeliveryState.Pending, now + (s_waits[delivery.Rung] * (1 + (Jitter * Random.Shared.NextDouble()))), delivery.Rung + 1);
    }

    /// <returns>Until when the receiver is to be left alone: who asks for that means all of it, not the one event. Null where it did not ask.</returns>
    public static DateTimeOffset? HoldAfter(Delivery delivery, DeliveryAttempt attempt, DateTimeOffset now)
        => attempt.RetryAfter is { } wait ? now + Bound(wait, delivery.Attempts) : null;

    private static TimeSpan Bound(TimeSpan asked, int attempts)
        => asked > LongestAsked ? LongestAsked : attempts >= Patient && asked < s_leastOfMany ? s_leastOfMany : asked;
}
