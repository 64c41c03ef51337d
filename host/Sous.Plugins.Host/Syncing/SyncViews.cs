using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Syncing;

/// <summary>Syncs as the API answers them.</summary>
internal sealed class SyncViews(SyncDirectory syncs, SyncScheduler scheduler, RunViews runs)
{
    public async ValueTask<IReadOnlyList<SyncView>> ListAsync(Connection connection, CancellationToken cancellationToken)
    {
        var views = new List<SyncView>();
        foreach (var sync in await syncs.ListAsync(connection, cancellationToken))
        {
            views.Add(await ViewAsync(sync, cancellationToken));
        }

        return views;
    }

    public async ValueTask<SyncView> ViewAsync(Sync sync, CancellationToken cancellationToken)
    {
        var last = await runs.ListAsync(sync.Connection, sync.Stream, 1, cancellationToken);
        return new SyncView(
            sync.Stream,
            sync.Schedule,
            sync.TimeZone,
            sync.Enabled,
            sync.QuietHours is { } hours ? QuietHoursView.Of(hours) : null,
            scheduler.NextOf(sync.Key),
            scheduler.ProblemOf(sync.Key),
            last.Count > 0 ? last[0] : null);
    }
}
