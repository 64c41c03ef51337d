using System.Text.Json;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Deliveries.Sending;
using Sous.Plugins.Host.Deliveries.Subscriptions;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Deliveries;

/// <summary>
/// Sends deliveries again. As it is one keeps its <c>webhook-id</c>, so that a receiver which had it after all knows it; edited it is
/// something else, and has one of its own.
/// </summary>
internal sealed class DeliveryReplays(IRegistry registry, IOutbox outbox, DeliveryWorker worker, TimeProvider clock)
{
    /// <returns>The id of the delivery that is sent, or null where this one was canceled.</returns>
    public async Task<string?> ReplayAsync(Delivery delivery, string actor, CancellationToken cancellationToken)
    {
        await AuditAsync(actor, "delivery.replayed", delivery.Tenant, delivery.Id, null, cancellationToken);
        return WakeIf(await outbox.ReplayAsync(delivery, clock.GetUtcNow(), cancellationToken), delivery);
    }

    /// <inheritdoc cref="ReplayAsync"/>
    public async Task<string?> EditAsync(Delivery delivery, JsonElement data, string actor, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var edited = delivery with { Id = OutboxFeeder.NewId(), Event = RandomText.Id("evt_"), EditedFrom = delivery.Event, Data = data.GetRawText(), Since = now, CreatedAt = now };
        await AuditAsync(actor, "delivery.edited", delivery.Tenant, delivery.Id, $"Sent as {edited.Id}.", cancellationToken);
        return WakeIf(await outbox.ReplaceAsync(delivery, edited, cancellationToken), edited);
    }

    /// <returns>How many are sent again.</returns>
    public async Task<long> ReplayDeadAsync(SubscriptionKey subscription, string actor, CancellationToken cancellationToken)
    {
        await AuditAsync(actor, "deliveries.replayed", subscription.Tenant, subscription.Id, null, cancellationToken);
        var count = await outbox.ReplayDeadAsync(subscription.Id, clock.GetUtcNow(), cancellationToken);
        worker.Wake(subscription);
        return count;
    }

    private string? WakeIf(bool isSent, Delivery delivery)
    {
        if (isSent)
        {
            worker.Wake(new SubscriptionKey(delivery.Tenant, delivery.Subscription));
        }

        return isSent ? delivery.Id : null;
    }

    private Task AuditAsync(string actor, string action, TenantId tenant, string target, string? detail, CancellationToken cancellationToken)
    {
        var entry = AuditEntry.Make(clock.GetUtcNow(), actor, action, tenant, target, detail);
        return registry.AppendAsync(entry, cancellationToken);
    }
}
