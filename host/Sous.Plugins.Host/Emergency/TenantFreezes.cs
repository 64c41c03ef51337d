using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Emergency;

/// <summary>
/// Stops all that goes on for a tenant, and lets it go on: runs end with what they stored, webhooks are kept and wait, calls are
/// refused (<see cref="FreezeGate"/>). Grants are renewed all the while, so nothing is lost however long it lasts.
/// </summary>
internal sealed class TenantFreezes(IRegistry registry, ConnectionEvents events, RunQueue queue, IHostApplicationLifetime lifetime, TimeProvider clock)
{
    /// <returns>How many runs were stopped; null where there is no such tenant.</returns>
    public async Task<int?> FreezeAsync(TenantId tenant, string actor, CancellationToken cancellationToken)
    {
        if (await SetAsync(tenant, clock.GetUtcNow(), actor, "emergency.tenant_frozen", cancellationToken) is not { } frozen)
        {
            return null;
        }

        frozen.ForEach(connection => events.RaisePaused(connection, lifetime.ApplicationStopping));
        return queue.Suspend(request => request.Tenant == tenant, "The tenant was frozen while it ran; it goes on once that is over.");
    }

    /// <returns>Whether there is such a tenant.</returns>
    public async Task<bool> UnfreezeAsync(TenantId tenant, string actor, CancellationToken cancellationToken)
    {
        var thawed = await SetAsync(tenant, null, actor, "emergency.tenant_unfrozen", cancellationToken);
        thawed?.ForEach(connection => events.RaiseConnected(connection, lifetime.ApplicationStopping));
        return thawed is not null;
    }

    /// <returns>The connections that were changed; null where there is no such tenant.</returns>
    private Task<List<Connection>?> SetAsync(TenantId tenant, DateTimeOffset? frozenAt, string actor, string action, CancellationToken cancellationToken)
    {
        var audit = AuditEntry.Make(clock.GetUtcNow(), actor, action, tenant);
        return registry.WriteAsync(
            transaction =>
            {
                if (transaction.Find(Tenant.Collection, tenant.Value) is not { } found)
                {
                    return null;
                }

                var isFrozen = frozenAt is not null;
                var changed = transaction.List(Connection.Collection, "").Where(connection => connection.Tenant == tenant && connection.IsFrozen != isFrozen)
                    .Select(connection => connection with { IsFrozen = isFrozen }).ToList();
                changed.ForEach(connection => transaction.Put(Connection.Collection, connection));
                if (found.FrozenAt is not null != isFrozen)
                {
                    transaction.Put(Tenant.Collection, found with { FrozenAt = frozenAt });
                    transaction.Append(audit);
                }

                return changed;
            },
            cancellationToken);
    }
}
