namespace Sous.Plugins.Host.Deliveries.Outbox;

/// <summary>One time that a delivery was sent, and what came of it.</summary>
/// <param name="Status">What it was answered with; null where nobody answered.</param>
/// <param name="Reason">One plain sentence; null where it was delivered.</param>
/// <param name="RetryAfter">How long the receiver asked to wait, or null.</param>
internal sealed record DeliveryAttempt(DateTimeOffset At, TimeSpan Took, int? Status, string? Reason, TimeSpan? RetryAfter = null)
{
    public bool IsDelivered => Reason is null;

    /// <summary>The receiver wants nothing any more.</summary>
    public bool IsUnwanted => Status == StatusCodes.Status410Gone;
}
