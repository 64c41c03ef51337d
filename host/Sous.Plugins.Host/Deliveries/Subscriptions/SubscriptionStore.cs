using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Deliveries.Subscriptions;

/// <summary>Subscriptions. Whoever changes one says so here, together with who did it.</summary>
internal sealed class SubscriptionStore(IRegistry registry, EventLog events, IOutbox outbox, SubscriptionSecrets secrets, IOptions<DeliveriesOptions> options, TimeProvider clock)
{
    private const string IdPrefix = "sub_";

    public ValueTask<Subscription?> FindAsync(SubscriptionKey key, CancellationToken cancellationToken)
        => registry.FindAsync(Subscription.Collection, key.ToString(), cancellationToken);

    public ValueTask<IReadOnlyList<Subscription>> ListAsync(TenantId tenant, CancellationToken cancellationToken)
        => registry.ListAsync(Subscription.Collection, Subscription.KeyOf(tenant, ""), cancellationToken);

    /// <param name="after">The position in the tenant's log to begin after; null for its end.</param>
    /// <returns>The subscription and its secret; null where the tenant has as many as it may.</returns>
    public async Task<(Subscription Made, Secret Secret)?> AddAsync(
        TenantId tenant, Uri url, IReadOnlyList<string> wanted, string? returnTo, long? after, string actor, CancellationToken cancellationToken)
    {
        while (true)
        {
            var now = clock.GetUtcNow();
            var id = RandomText.Id(IdPrefix);
            var (key, text) = await secrets.MakeAsync(tenant, id, 1, now, cancellationToken);
            var wish = new Subscription
            {
                Id = id,
                Tenant = tenant,
                Url = url,
                Events = wanted,
                ReturnTo = returnTo,
                Keys = [key],
                After = after ?? long.MaxValue,
                CreatedAt = now,
                ChangedAt = now,
            };
            var audit = AuditEntry.Make(now, actor, "subscription.created", tenant, id, url.GetLeftPart(UriPartial.Authority));
            var (full, made) = await events.WriteAsync(transaction => Add(transaction, wish, audit), cancellationToken);
            if (full || made is not null)
            {
                return made is null ? null : (made, text);
            }
        }
    }

    /// <summary>A new secret; what there is goes on signing beside it for that long.</summary>
    /// <returns>Null where there is no such subscription.</returns>
    public async Task<(Subscription Changed, Secret Secret)?> RotateAsync(SubscriptionKey key, TimeSpan? overlap, string actor, CancellationToken cancellationToken)
    {
        while (await FindAsync(key, cancellationToken) is { } read)
        {
            var now = clock.GetUtcNow();
            var until = now + (overlap ?? options.Value.KeyOverlap);
            var newest = read.Keys[^1];
            var (next, text) = await secrets.MakeAsync(key.Tenant, key.Id, newest.Number + 1, now, cancellationToken);

            // Of three there is never a need: whoever rotates twice within a day has lost the one between.
            var changed = await ChangeAsync(
                key,
                actor,
                "subscription.secret_rotated",
                (subscription, transaction) => subscription.Keys[^1].Number == newest.Number && SubscriptionSecrets.IsUnderNewest(transaction, key.Tenant, next)
                    ? subscription with { Keys = [subscription.Keys[^1] with { Until = until }, next] }
                    : null,
                cancellationToken);
            if (changed is not null)
            {
                return (changed, text);
            }
        }

        return null;
    }

    /// <summary>Nothing is sent from now on. The tenant's other subscriptions are told.</summary>
    public async Task DisableAsync(SubscriptionKey key, string cause, CancellationToken cancellationToken)
    {
        var told = new PlatformEvent { Type = "subscription.disabled", Tenant = key.Tenant, At = clock.GetUtcNow(), Subscription = key.Id, Cause = cause };
        await ChangeAsync(
            key,
            AuditEntry.Host,
            "subscription.disabled",
            (subscription, transaction) =>
            {
                if (subscription.State == SubscriptionState.Disabled)
                {
                    return null;
                }

                EventLog.Append(transaction, told);
                return subscription with { State = SubscriptionState.Disabled, Cause = cause };
            },
            cancellationToken);
    }

    /// <summary>Delivers again, from where it stood: what waits is tried at once.</summary>
    /// <returns>Null where there is no such subscription.</returns>
    public async Task<Subscription?> EnableAsync(SubscriptionKey key, string actor, CancellationToken cancellationToken)
    {
        await ChangeAsync(
            key,
            actor,
            "subscription.enabled",
            static (subscription, _) => subscription with { State = SubscriptionState.Active, Cause = null },
            cancellationToken);
        await outbox.HurryAsync(key.Id, clock.GetUtcNow(), cancellationToken);
        return await FindAsync(key, cancellationToken);
    }

    /// <summary>With all that was to be delivered.</summary>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> DeleteAsync(SubscriptionKey key, IfMatch match, string actor, CancellationToken cancellationToken)
    {
        var audit = AuditEntry.Make(clock.GetUtcNow(), actor, "subscription.deleted", key.Tenant, key.Id);
        var deleted = await registry.WriteAsync(
            transaction =>
            {
                if (transaction.Find(Subscription.Collection, key.ToString()) is not { } subscription)
                {
                    return false;
                }

                match.Require(subscription.Version);
                transaction.Delete(Subscription.Collection, key.ToString());

                transaction.Append(audit);
                return true;
            },
            cancellationToken);
        if (deleted)
        {
            await outbox.ForgetAsync(key.Id, cancellationToken);
        }

        return deleted;
    }

    private (bool Full, Subscription? Made) Add(IRegistryTransaction transaction, Subscription wish, AuditEntry audit)
    {
        if (transaction.List(Subscription.Collection, Subscription.KeyOf(wish.Tenant, "")).Count >= options.Value.MostSubscriptions)
        {
            return (true, null);
        }

        if (!SubscriptionSecrets.IsUnderNewest(transaction, wish.Tenant, wish.Keys[^1]))
        {
            return default;
        }

        var made = wish with { After = Math.Min(wish.After, transaction.Find(EventHead.Collection, wish.Tenant.Value)?.Last ?? 0) };
        transaction.Put(Subscription.Collection, made);
        transaction.Append(audit);
        return (false, made);
    }

    private Task<Subscription?> ChangeAsync(
        SubscriptionKey key, string actor, string action, Func<Subscription, IRegistryTransaction, Subscription?> change, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var audit = AuditEntry.Make(now, actor, action, key.Tenant, key.Id);
        return events.WriteAsync(
            transaction =>
            {
                if (transaction.Find(Subscription.Collection, key.ToString()) is not { } subscription || change(subscription, transaction) is not { } changed)
                {
                    return null;
                }

                changed = changed with { ChangedAt = now };
                transaction.Put(Subscription.Collection, changed);
                transaction.Append(audit with { Detail = changed.Cause });
                return changed;
            },
            cancellationToken);
    }
}
