using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Syncing.Backfills;

/// <summary>Backfills that are not over, and how far each of their scopes has come. In the change store's database; what a task acknowledges is durable.</summary>
internal interface IBackfills
{
    /// <summary>It takes the place of the sync's earlier one, and none of its days are fetched.</summary>
    Task OpenAsync(Backfill backfill, CancellationToken cancellationToken);

    ValueTask<IReadOnlyList<(TenantId Tenant, Backfill Backfill)>> ListAsync(CancellationToken cancellationToken);

    /// <returns>From which day on all is fetched in the scope; null where nothing is.</returns>
    ValueTask<DateOnly?> FindDoneAsync(Scope scope, CancellationToken cancellationToken);

    /// <summary>All from that day on is fetched in the scope.</summary>
    /// <exception cref="StaleFenceException">A later run has begun.</exception>
    Task NoteDoneAsync(TenantId tenant, Scope scope, long fence, DateOnly from, CancellationToken cancellationToken);

    /// <summary>The sync's backfill is over, or given up.</summary>
    Task ForgetAsync(SyncKey sync, CancellationToken cancellationToken);
}
