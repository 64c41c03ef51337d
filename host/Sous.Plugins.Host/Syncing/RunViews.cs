using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing;

/// <summary>Runs as the API answers them: those under way from memory, the others from the store.</summary>
internal sealed class RunViews(RunQueue queue, RunEnds ends, IChangeStore store)
{
    /// <returns>Null where there is none that the caller can see.</returns>
    public async ValueTask<RunView?> FindAsync(string id, Caller caller, CancellationToken cancellationToken)
    {
        var active = queue.Find(id);
        var run = active?.Run ?? await store.FindRunAsync(id, cancellationToken);
        return run is null || !caller.Reaches(run.Tenant) ? null : active is null ? RunView.Of(ends.Latest(run)) : RunView.Of(active);
    }

    /// <returns>Newest first; those that still wait for their turn are among them.</returns>
    public async ValueTask<IReadOnlyList<RunView>> ListAsync(ConnectionId connection, StreamName? stream, int limit, CancellationToken cancellationToken)
    {
        // Before the store is read: a run that ends in between is then told as still under way, not left out.
        var active = queue.Active.Where(run => run.Request.Key.Connection == connection && (stream is null || run.Request.Key.Stream == stream)).ToList();
        var stored = await store.ListRunsAsync(connection, stream, limit, cancellationToken);
        var ids = active.Select(static run => run.Run.Id).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. active.Select(RunView.Of).OrderByDescending(static run => run.StartedAt)
                .Concat(stored.Where(run => !ids.Contains(run.Id)).Select(run => RunView.Of(ends.Latest(run))))
                .Take(limit),
        ];
    }
}
