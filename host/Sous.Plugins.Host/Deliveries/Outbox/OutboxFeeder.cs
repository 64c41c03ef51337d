using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Deliveries.Sending;
using Sous.Plugins.Host.Deliveries.Subscriptions;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Deliveries.Outbox;

/// <summary>
/// Reads each tenant's log for its subscriptions and puts what they want into the outbox, in order. What was read and how far is one
/// write, so a kill loses nothing and repeats nothing; and since it reads at once, a receiver that is down for long loses nothing either.
/// </summary>
internal sealed partial class OutboxFeeder(
    EventLog events, IRegistry registry, IOutbox outbox, DeliveryWorker worker, IOptions<JsonOptions> json, TimeProvider clock, ILogger<OutboxFeeder> logger) : BackgroundService
{
    private const int Batch = 500;
    private const string IdPrefix = "dlv_";

    private static readonly TimeSpan s_lookAgain = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, long> _positions = new(StringComparer.Ordinal);

    public static string NewId() => RandomText.Id(IdPrefix);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var news = events.News;
            try
            {
                foreach (var ofTenant in (await registry.ListAsync(Subscription.Collection, "", stoppingToken)).GroupBy(static subscription => subscription.Tenant))
                {
                    await FeedAsync(ofTenant.Key, [.. ofTenant.Where(static subscription => subscription.State == SubscriptionState.Active)], stoppingToken);
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Log.Failed(logger, e);
            }

            using var patience = new CancellationTokenSource(s_lookAgain, clock);
            using var wait = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stoppingToken);
            await news.WaitAsync(wait.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FeedAsync(TenantId tenant, IReadOnlyList<Subscription> subscriptions, CancellationToken cancellationToken)
    {
        if (await IsRemovedAsync(tenant, cancellationToken) || await registry.FindAsync(EventHead.Collection, tenant.Value, cancellationToken) is not { } head)
        {
            return;
        }

        // Most of them stand at the same place, and the log is read once for all of those.
        var pages = new Dictionary<long, EventPage?>();
        foreach (var subscription in subscriptions)
        {
            var position = await FindPositionAsync(subscription, cancellationToken);
            while (position != head.Last)
            {
                if (!pages.TryGetValue(position, out var page))
                {
                    page = await events.ReadAsync(tenant, position, Batch, new CancellationToken(canceled: true), cancellationToken);
                    pages.Add(position, page);
                }

                if (page is null)
                {
                    // Some may have gone since it was read.
                    head = await registry.FindAsync(EventHead.Collection, tenant.Value, cancellationToken) ?? head;
                }

                var (deliveries, next) = page is null ? Missed(subscription, head, position) : ([.. page.Items.Where(told => subscription.Wants(told.Type)).Select(told => Make(subscription, told))], page.Next);
                if (!await outbox.KeepAsync(new SubscriptionKey(tenant, subscription.Id), deliveries, next, cancellationToken))
                {
                    Log.Full(logger, subscription.Id, IOutbox.MostPending);
                    break;
                }

                if (await IsRemovedAsync(tenant, cancellationToken))
                {
                    // Its removal may have emptied the outbox before this was put there.
                    await outbox.ForgetAsync(tenant, cancellationToken);
                    return;
                }

                _positions[subscription.Id] = position = next;
                if (deliveries.Count > 0)
                {
                    worker.Wake(new SubscriptionKey(tenant, subscription.Id));
                }

                if (position >= head.Last)
                {
                    break;
                }
            }
        }
    }

    /// <summary>A removed tenant has subscriptions until its removal is through, and nothing is kept for them any more.</summary>
    private async ValueTask<bool> IsRemovedAsync(TenantId tenant, CancellationToken cancellationToken)
        => await registry.FindAsync(Tenant.Collection, tenant.Value, cancellationToken) is null;

    private async ValueTask<long> FindPositionAsync(Subscription subscription, CancellationToken cancellationToken)
    {
        if (!_positions.TryGetValue(subscription.Id, out var position))
        {
            position = await outbox.FindPositionAsync(subscription.Id, cancellationToken) ?? subscription.After;
            _positions.Add(subscription.Id, position);
        }

        return position;
    }

    private Delivery Make(Subscription subscription, PlatformEvent told) => new()
    {
        Id = NewId(),
        Tenant = subscription.Tenant,
        Subscription = subscription.Id,
        Lane = Lanes.Of(told),
        Connection = told.Connection,
        Event = told.Id ?? $"evt_{told.Sequence}",
        Type = told.Type,
        At = told.At,
        Data = DeliveryBody.DataOf(told, json.Value.SerializerOptions),
        Since = clock.GetUtcNow(),
        CreatedAt = clock.GetUtcNow(),
    };

    /// <summary>The log does not hold what comes next: the platform is told so, rather than nothing, and all that is held follows.</summary>
    private (IReadOnlyList<Delivery> Told, long Next) Missed(Subscription subscription, EventHead head, long position)
    {
        if (position > head.Last)
        {
            // A log of before: what comes has numbers that this subscription has read already.
            return ([], head.Last);
        }

        var told = new PlatformEvent
        {
            Id = RandomText.Id("evt_"),
            Type = "events.missed",
            Tenant = subscription.Tenant,
            At = clock.GetUtcNow(),
            Subscription = subscription.Id,
            Cause = $"Events {position + 1} to {head.First - 1} of the log were not delivered and are not kept any more. Read the tenant's connections and its change feed.",
        };
        return ([Make(subscription, told)], head.First - 1);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 3300, Level = LogLevel.Error, Message = "Events could not be put into the outbox; it is tried again.")]
        public static partial void Failed(ILogger logger, Exception exception);

        [LoggerMessage(EventId = 3301, Level = LogLevel.Warning, Message = "{Most} deliveries wait for {Subscription}; its events wait in the log until some are gone.")]
        public static partial void Full(ILogger logger, string subscription, int most);
    }
}
