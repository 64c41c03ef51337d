using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>
/// Waits for feeds to move. Other hosts move them too, so one loop looks at the heads of those that somebody waits for, and only
/// while somebody does: a notification of the database's would take a lock over all of its commits.
/// </summary>
internal sealed class HeadWatch(PostgresDatabase database, TimeProvider clock) : IAsyncDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _lock = new();
    private readonly HashSet<Waiter> _waiting = [];
    private Task _loop = Task.CompletedTask;
    private bool _isWatching;

    /// <summary>The newest sequence as it is told, once it is past <paramref name="after"/>.</summary>
    /// <exception cref="StorageException">The database is out of reach.</exception>
    public async Task<long> WaitAsync(FeedEpoch epoch, TenantId tenant, long after, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(epoch, tenant, after);
        waiter.Look(await database.ReadAsync(connection => FeedTable.ReadAsync(connection, tenant, cancellationToken), cancellationToken));
        if (waiter.Told.Task.IsCompleted)
        {
            return await waiter.Told.Task;
        }

        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, this);
            _waiting.Add(waiter);
            if (!_isWatching)
            {
                _isWatching = true;
                _loop = WatchAsync();
            }
        }

        try
        {
            return await waiter.Told.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            lock (_lock)
            {
                _waiting.Remove(waiter);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _loop;
        _closing.Dispose();
    }

    private async Task WatchAsync()
    {
        while (await NextAsync() is { } waiting)
        {
            try
            {
                var heads = await database.ReadAsync(
                    connection => FeedTable.ReadAsync(connection, waiting.Select(static waiter => waiter.Tenant).Distinct(), _closing.Token), _closing.Token);
                waiting.ForEach(waiter => waiter.Look(heads.GetValueOrDefault(waiter.Tenant)));
            }
            catch (OperationCanceledException) when (_closing.IsCancellationRequested)
            {
                waiting.ForEach(static waiter => waiter.Told.TrySetCanceled());
            }
            catch (Exception e)
            {
                // It is theirs to tell; who waits after them is looked for again.
                waiting.ForEach(waiter => waiter.Told.TrySetException(e));
            }
        }
    }

    /// <returns>Who waits when it is time to look, or null where nobody does.</returns>
    private async Task<List<Waiter>?> NextAsync()
    {
        await Task.Delay(s_interval, clock, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            _isWatching = _waiting.Count > 0;
            return _isWatching ? [.. _waiting] : null;
        }
    }

    private sealed class Waiter(FeedEpoch epoch, TenantId tenant, long after)
    {
        private long? _after;

        public TenantId Tenant => tenant;

        public TaskCompletionSource<long> Told { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Look(FeedState feed)
        {
            // A position that is none of this feed's waits for the next entry, from where the feed stood.
            _after ??= feed.Find(epoch, after) ?? 0;
            if (feed.Last > _after)
            {
                Told.TrySetResult(feed.Tell(epoch, feed.Last));
            }
        }
    }
}
