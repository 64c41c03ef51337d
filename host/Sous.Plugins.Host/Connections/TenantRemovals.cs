using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Audit;
using Sous.Plugins.Host.Authorization.Connecting;
using Sous.Plugins.Host.Authorization.Revoking;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Deliveries.Subscriptions;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Http.Versions;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Locations.Suggestions;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Connections;

/// <summary>
/// Removes tenants: at once for every caller; then its grants are withdrawn at their services, its records deleted, and last its
/// data key destroyed, since a grant can only be withdrawn while its tokens can still be read.
/// </summary>
internal sealed partial class TenantRemovals(
    IRegistry registry, EventLog events, SessionEnds sessions, Revocations revocations, IChangeStore changes, TenantKeys keys, TimeProvider clock, ILogger<TenantRemovals> logger) : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(10);

    private DueWork<TenantId>? _work;

    /// <returns>Whether there was such a tenant.</returns>
    public async Task<bool> RemoveAsync(TenantId tenant, string actor, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var audit = AuditEntry.Make(now, actor, "tenant.deleted", tenant);
        var removed = await registry.WriteAsync(
            transaction =>
            {
                if (!transaction.Delete(Tenant.Collection, tenant.Value))
                {
                    return false;
                }

                foreach (var key in transaction.List(ApiKey.Collection, "").Where(key => key.Scope.Tenant == tenant && key.RevokedAt is null))
                {
                    transaction.Put(ApiKey.Collection, key with { RevokedAt = now });
                }

                transaction.Put(TenantRemoval.Collection, new TenantRemoval(tenant, now));
                transaction.Append(audit);
                return true;
            },
            cancellationToken);
        if (removed)
        {
            _work?.Set(tenant, now);
        }

        return removed;
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var work = _work = new DueWork<TenantId>(clock, 2, RunAsync);
        foreach (var removal in await registry.ListAsync(TenantRemoval.Collection, "", cancellationToken))
        {
            work.Set(removal.Id, clock.GetUtcNow());
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _work?.DisposeAsync() ?? default;

    private async Task<DateTimeOffset?> RunAsync(TenantId tenant, CancellationToken cancellationToken)
    {
        try
        {
            await sessions.EndAsync(session => session.Tenant == tenant, "The tenant was removed.", cancellationToken);
            var connections = (await registry.ListAsync(Connection.Collection, "", cancellationToken)).Where(connection => connection.Tenant == tenant).ToList();
            foreach (var connection in connections.Where(static connection => !connection.IsOver))
            {
                await revocations.DisconnectAsync(tenant, connection.Id, IfMatch.Any, AuditEntry.Host, cancellationToken);
            }

            if ((await registry.ListAsync(Revocation.Collection, "", cancellationToken)).Any(revocation => revocation.Tenant == tenant))
            {
                return clock.GetUtcNow() + s_interval;
            }

            await changes.DeleteTenantAsync(tenant, cancellationToken);
            await keys.ShredAsync(tenant, cancellationToken);
            await events.ForgetAsync(tenant, cancellationToken);
            await ForgetAsync(tenant, connections, cancellationToken);
            Log.Removed(logger, tenant);
            return null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.Failed(logger, tenant, e);
            return clock.GetUtcNow() + s_interval;
        }
    }

    private Task ForgetAsync(TenantId tenant, List<Connection> connections, CancellationToken cancellationToken) => registry.WriteAsync(
        transaction =>
        {
            foreach (var id in connections.Select(static connection => connection.Id.Value))
            {
                Forget(transaction, Sync.Collection, $"{id}/", static _ => true);
                Forget(transaction, MappedLocation.Collection, $"{id}/", static _ => true);
                Forget(transaction, ToldFailure.Collection, $"{id}/", static _ => true);
                transaction.Delete(Connection.Collection, id);
            }

            Forget(transaction, ConnectSession.Collection, "", session => session.Tenant == tenant);
            Forget(transaction, AuthorizationRequest.Collection, "", request => request.Tenant == tenant);
            Forget(transaction, Subscription.Collection, Subscription.KeyOf(tenant, ""), static _ => true);
            transaction.Delete(OwnLocations.Collection, tenant.Value);
            transaction.Delete(ToldRecords.Collection, tenant.Value);
            EventLog.ForgetSome(transaction, tenant);
            transaction.Delete(TenantRemoval.Collection, tenant.Value);
        },
        cancellationToken);

    private static void Forget<T>(IRegistryTransaction transaction, RegistryCollection<T> collection, string prefix, Func<T, bool> which)
        where T : class
    {
        foreach (var document in transaction.List(collection, prefix).Where(which))
        {
            transaction.Delete(collection, collection.KeyOf(document));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1103, Level = LogLevel.Information, Message = "Tenant {Tenant} is removed, its data key destroyed.")]
        public static partial void Removed(ILogger logger, TenantId tenant);

        [LoggerMessage(EventId = 1104, Level = LogLevel.Error, Message = "Removing tenant {Tenant} failed here; it is tried again.")]
        public static partial void Failed(ILogger logger, TenantId tenant, Exception exception);
    }
}
