using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Deliveries.Subscriptions;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Host.Telemetry;

namespace Sous.Plugins.Host.Deliveries.Sending;

/// <summary>
/// Delivers what the outbox holds: the lanes of a subscription beside each other, each lane in order, at the instants that the
/// outbox says. Nothing is kept in memory alone, so what a killed host left is found by the next one.
/// </summary>
internal sealed partial class DeliveryWorker : BackgroundService, IAsyncDisposable
{
    private static readonly TimeSpan s_lookAgain = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_afterTrouble = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_sweepEvery = TimeSpan.FromHours(1);

    // A receiver that is slow for ever would keep its place from other tenants' for as long.
    private static readonly TimeSpan s_longestTurn = TimeSpan.FromSeconds(30);

    private readonly DueWork<SubscriptionKey> _due;
    private readonly IOutbox _outbox;
    private readonly DeliverySender _sender;
    private readonly SubscriptionStore _subscriptions;
    private readonly IRegistry _registry;
    private readonly DeliveryMetrics _metrics;
    private readonly int _lanesAtOnce;
    private readonly TimeProvider _clock;
    private readonly ILogger<DeliveryWorker> _logger;

    public DeliveryWorker(
        IOutbox outbox, DeliverySender sender, SubscriptionStore subscriptions, IRegistry registry, DeliveryMetrics metrics, IOptions<DeliveriesOptions> options, TimeProvider clock, ILogger<DeliveryWorker> logger)
    {
        (_outbox, _sender, _subscriptions, _registry, _metrics, _clock, _logger) = (outbox, sender, subscriptions, registry, metrics, clock, logger);
        _lanesAtOnce = options.Value.LanesAtOnce;
        _due = new DueWork<SubscriptionKey>(clock, options.Value.MaxConcurrent, RunAsync);
    }

    /// <summary>Something of the subscription's may be due.</summary>
    public void Wake(SubscriptionKey subscription) => _due.Set(subscription, _clock.GetUtcNow());

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await _due.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _due.DisposeAsync();
        Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_sweepEvery, _clock);
        do
        {
            try
            {
                foreach (var waiting in await _outbox.ListWaitingAsync(stoppingToken))
                {
                    Wake(waiting);
                }

                await _outbox.SweepAsync(_clock.GetUtcNow(), stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Log.SweepFailed(_logger, e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <returns>When something of the subscription's is due next, or null where nothing waits.</returns>
    private async Task<DateTimeOffset?> RunAsync(SubscriptionKey key, CancellationToken cancellationToken)
    {
        var sending = new Dictionary<string, Task>(StringComparer.Ordinal);
        try
        {
            return await DeliverAsync(key, sending, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.Failed(_logger, key.Id, e);
            return _clock.GetUtcNow() + s_afterTrouble;
        }
        finally
        {
            await Task.WhenAll(sending.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<DateTimeOffset?> DeliverAsync(SubscriptionKey key, Dictionary<string, Task> sending, CancellationToken cancellationToken)
    {
        for (var began = _clock.GetTimestamp(); ;)
        {
            var isOver = _clock.GetElapsedTime(began) >= s_longestTurn;
            var turn = new DueTurn([], isOver ? _clock.GetUtcNow() : null);
            if (!isOver && await FindActiveAsync(key, cancellationToken) is { } subscription)
            {
                turn = await _outbox.ReadDueAsync(key.Id, _clock.GetUtcNow(), 2 * _lanesAtOnce, cancellationToken);
                foreach (var head in turn.Heads.Where(head => !sending.ContainsKey(head.Lane)).Take(_lanesAtOnce - sending.Count).ToList())
                {
                    sending.Add(head.Lane, SendAsync(subscription, head, cancellationToken));
                }
            }

            if (sending.Count == 0)
            {
                return turn.Next;
            }

            // A lane whose receiver takes its time keeps nobody else waiting: what comes meanwhile is looked for.
            await Task.WhenAny([.. sending.Values, Task.Delay(s_lookAgain, _clock, cancellationToken)]);
            foreach (var (lane, sent) in sending.Where(static pair => pair.Value.IsCompleted).ToList())
            {
                sending.Remove(lane);
                await sent;
            }
        }
    }

    /// <summary>Null where nothing is to be sent now. What a subscription that is gone left behind is deleted.</summary>
    private async ValueTask<Subscription?> FindActiveAsync(SubscriptionKey key, CancellationToken cancellationToken)
    {
        if (await _registry.FindAsync(Tenant.Collection, key.Tenant.Value, cancellationToken) is null)
        {
            return null;
        }

        if (await _subscriptions.FindAsync(key, cancellationToken) is not { } subscription)
        {
            await _outbox.ForgetAsync(key.Id, cancellationToken);
            return null;
        }

        return subscription.State == SubscriptionState.Active ? subscription : null;
    }

    private async Task SendAsync(Subscription subscription, Delivery delivery, CancellationToken cancellationToken)
    {
        using var span = HostTrace.Begin("sous.delivery")?.SetTag(HostTrace.Delivery, delivery.Id).SetTag(HostMeter.Kind, delivery.Type);
        var attempt = await _sender.SendAsync(subscription, delivery, cancellationToken);
        var now = _clock.GetUtcNow();
        var step = RetrySchedule.After(delivery, attempt, now);
        if (attempt.IsUnwanted)
        {
            await _subscriptions.DisableAsync(new SubscriptionKey(delivery.Tenant, subscription.Id), $"{attempt.Reason} Enable the subscription once it does.", cancellationToken);
            Log.Disabled(_logger, subscription.Id, subscription.Url.IdnHost);
        }

        await _outbox.FinishAsync(delivery, attempt, step, RetrySchedule.HoldAfter(delivery, attempt, now), cancellationToken);
        _metrics.Attempted(attempt, step);
        span.End(step.State, attempt.IsDelivered, attempt.Reason);
        Report(delivery, attempt, step);
    }

    private void Report(Delivery delivery, DeliveryAttempt attempt, RetryStep step)
    {
        if (step.State == DeliveryState.Dead)
        {
            Log.Dead(_logger, delivery.Id, delivery.Type, delivery.Subscription, delivery.Attempts + 1, attempt.Reason);
        }
        else if (!attempt.IsDelivered && delivery.Attempts == 0)
        {
            Log.Retrying(_logger, delivery.Id, delivery.Type, delivery.Subscription, attempt.Reason, step.Due);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 3310, Level = LogLevel.Error, Message = "Delivering to {Subscription} failed in the host itself; it is tried again.")]
        public static partial void Failed(ILogger logger, string subscription, Exception exception);

        [LoggerMessage(EventId = 3311, Level = LogLevel.Error, Message = "The outbox could not be looked through for now; it is tried again.")]
        public static partial void SweepFailed(ILogger logger, Exception exception);

        [LoggerMessage(EventId = 3312, Level = LogLevel.Warning, Message = "{Host} answered 410: the subscription {Subscription} is disabled.")]
        public static partial void Disabled(ILogger logger, string subscription, string host);

        [LoggerMessage(EventId = 3313, Level = LogLevel.Warning, Message = "The delivery {Delivery} of {Type} to {Subscription} is dead after {Attempts} attempts: {Reason}")]
        public static partial void Dead(ILogger logger, string delivery, string type, string subscription, int attempts, string? reason);

        [LoggerMessage(EventId = 3314, Level = LogLevel.Debug, Message = "The delivery {Delivery} of {Type} to {Subscription} failed ({Reason}) and is tried again, at {Due}.")]
        public static partial void Retrying(ILogger logger, string delivery, string type, string subscription, string? reason, DateTimeOffset due);
    }
}
