using Sous.Plugins.Host.Access;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Http;
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
        => (await ReadPageAsync(connection, stream, null, limit, cancellationToken))?.Items ?? [];

    /// <summary>A part of the list.</summary>
    /// <param name="after">The last run of the part before; null for the first.</param>
    /// <returns>Null where the connection has no such run.</returns>
    public async ValueTask<ItemList<RunView>?> ReadPageAsync(ConnectionId connection, StreamName? stream, string? after, int limit, CancellationToken cancellationToken)
    {
        // Before the store is read: a run that ends in between is then told as still under way, not left out.
        var active = queue.Active.Where(run => run.Request.Key.Connection == connection && (stream is null || run.Request.Key.Stream == stream))
            .Select(RunView.Of).OrderByDescending(static run => run.StartedAt).ToList();
        var told = after is null ? 0 : active.FindIndex(run => run.Id == after) + 1;
        var older = told == 0 ? after : null;
        if (older is not null && (await store.FindRunAsync(older, cancellationToken))?.Connection != connection)
        {
            return null;
        }

        // Those under way are stored too, and told of once.
        var needed = limit + active.Count + 1;
        var stored = older is null
            ? await store.ListRunsAsync(connection, stream, needed, cancellationToken)
            : await store.ListRunsAsync(connection, stream, older, needed, cancellationToken);
        var ids = active.Select(static run => run.Id).ToHashSet(StringComparer.Ordinal);
        List<RunView> page =
        [
            .. (older is null ? active.Skip(told) : []).Concat(stored.Where(run => !ids.Contains(run.Id)).Select(run => RunView.Of(ends.Latest(run)))).Take(limit + 1),
        ];
        return page.Count > limit ? new ItemList<RunView>(page[..limit], page[limit - 1].Id) : new ItemList<RunView>(page);
    }
}
