using System.Xml;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing.Backfills;
using Sous.Plugins.Host.Syncing.Freshness;

namespace Sous.Plugins.Host.Syncing;

/// <summary>Syncs as the API answers them.</summary>
internal sealed class SyncViews(SyncDirectory syncs, SyncScheduler scheduler, FreshnessViews freshness, RunViews runs, WaitingBackfills backfills)
{
    public async ValueTask<IReadOnlyList<SyncView>> ListAsync(Connection connection, CancellationToken cancellationToken)
    {
        var views = new List<SyncView>();
        foreach (var sync in await syncs.ListAsync(connection, cancellationToken))
        {
            views.Add(await ViewAsync(connection, sync, cancellationToken));
        }

        return views;
    }

    public async ValueTask<SyncView> ViewAsync(Connection connection, Sync sync, CancellationToken cancellationToken)
    {
        var last = await runs.ListAsync(sync.Connection, sync.Stream, 1, cancellationToken);
        return new SyncView(
            sync.Stream,
            sync.Schedule,
            sync.TimeZone,
            sync.Enabled,
            sync.QuietHours is { } hours ? QuietHoursView.Of(hours) : null,
            sync.FreshWithin is { } within ? XmlConvert.ToString(within) : null,
            scheduler.NextOf(sync.Key),
            scheduler.ProblemOf(sync.Key),
            await freshness.ListAsync(connection, sync, cancellationToken),
            last.Count > 0 ? last[0] : null,
            backfills.Find(sync.Key) is { From: { } from, To: { } to } waiting ? new BackfillView(from, to, waiting.OnlyInQuietHours, backfills.NextOf(sync.Key)) : null,
            sync.Version);
    }
}
