using Sous.Plugins.Host.Deliveries.Outbox;

namespace Sous.Plugins.Host.Deliveries.Sending;

/// <summary>When a delivery is tried again: ten times over three days, then it is dead.</summary>
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

    // Waits that are asked for climb no rung, so something else has to end them.
    private const int MostAttempts = 100;

    /// <summary>From the first attempt to the last at the latest; what has waited longer, behind others, is tried once.</summary>
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

        var asked = attempt.RetryAfter;
        if ((asked is null && delivery.Rung >= s_waits.Length) || delivery.Attempts + 1 >= MostAttempts || now - delivery.Since >= Span)
        {
            return new RetryStep(DeliveryState.Dead, now, delivery.Rung);
        }

        return asked is { } wait
            ? new RetryStep(DeliveryState.Pending, now + (wait < LongestAsked ? wait : LongestAsked), delivery.Rung)
            : new RetryStep(DeliveryState.Pending, now + (s_waits[delivery.Rung] * (1 + (Jitter * Random.Shared.NextDouble()))), delivery.Rung + 1);
    }
}
