using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Deliveries.Sending;
using Sous.Plugins.Host.Deliveries.Subscriptions;

namespace Sous.Plugins.Host.Deliveries.Outbox;

/// <summary>
/// Deliveries, kept from when their event is read from the log until some time after they ended; how far each subscription has read,
/// and when each lane is tried next. SQLite here; PostgreSQL with several hosts. What a task acknowledges is durable.
/// </summary>
internal interface IOutbox
{
    /// <summary>Deliveries of one subscription that may wait; beyond it no more is read from the log until some are gone.</summary>
    const int MostPending = 100_000;

    /// <summary>How long a delivered one is shown.</summary>
    static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    /// <summary>How long a dead or canceled one is. One that waits is kept until it has ended, however long that takes.</summary>
    static readonly TimeSpan KeptDead = TimeSpan.FromDays(30);

    /// <summary>Up to which sequence of the log the subscription has read, or null where it has not yet.</summary>
    ValueTask<long?> FindPositionAsync(string subscription, CancellationToken cancellationToken);

    /// <summary>Keeps what was read of the log, and up to where, in one. One that is kept already stays as it is.</summary>
    /// <returns>False where there is no room; nothing was kept.</returns>
    Task<bool> KeepAsync(SubscriptionKey subscription, IReadOnlyList<Delivery> deliveries, long upTo, CancellationToken cancellationToken);

    /// <summary>Subscriptions that something waits for.</summary>
    ValueTask<IReadOnlyList<SubscriptionKey>> ListWaitingAsync(CancellationToken cancellationToken);

    ValueTask<DueTurn> ReadDueAsync(string subscription, DateTimeOffset now, int limit, CancellationToken cancellationToken);

    /// <summary>Stores an attempt. A delivery that was ended meanwhile stays so.</summary>
    /// <param name="step">What becomes of the delivery, see <see cref="RetrySchedule"/>.</param>
    /// <param name="holdUntil">Until when nothing is sent to the subscription at all, or null.</param>
    Task FinishAsync(Delivery delivery, DeliveryAttempt attempt, RetryStep step, DateTimeOffset? holdUntil, CancellationToken cancellationToken);

    /// <summary>All that waits for the subscription is due, and begins its schedule anew.</summary>
    Task HurryAsync(string subscription, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Those of all subscriptions that wait, and that are dead.</summary>
    ValueTask<(long Pending, long Dead)> CountAsync(CancellationToken cancellationToken);

    ValueTask<SubscriptionStanding> ReadStandingAsync(string subscription, CancellationToken cancellationToken);

    ValueTask<Delivery?> FindAsync(TenantId tenant, string id, CancellationToken cancellationToken);

    ValueTask<IReadOnlyList<Delivery>> ListAsync(DeliveryQuery query, CancellationToken cancellationToken);

    /// <summary>A delivery's attempts, oldest first.</summary>
    ValueTask<IReadOnlyList<DeliveryAttempt>> ListAttemptsAsync(Delivery delivery, CancellationToken cancellationToken);

    /// <summary>Sends it again as it is, at its old place in its lane, by a schedule of its own. One that waits is due.</summary>
    /// <returns>False where it is canceled: it stays so.</returns>
    Task<bool> ReplayAsync(Delivery delivery, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Sends all of the subscription's dead ones again.</summary>
    /// <returns>How many.</returns>
    Task<long> ReplayDeadAsync(string subscription, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Puts the edited copy at the end of the lane; what it is a copy of is not sent any more.</summary>
    /// <returns>False where that was canceled already: nothing is sent.</returns>
    Task<bool> ReplaceAsync(Delivery delivery, Delivery edited, CancellationToken cancellationToken);

    /// <summary>What waits in that lane, for any subscription, is not sent any more.</summary>
    Task CancelAsync(string lane, string reason, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Deletes all that is a subscription's.</summary>
    Task ForgetAsync(string subscription, CancellationToken cancellationToken);

    /// <summary>Deletes all that is a tenant's.</summary>
    Task ForgetAsync(TenantId tenant, CancellationToken cancellationToken);

    /// <summary>Deletes what has been kept for long enough.</summary>
    Task SweepAsync(DateTimeOffset now, CancellationToken cancellationToken);
}
