using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Where a tenant's feed stands. The writer draws sequences; readers and waiters see those that are committed.</summary>
internal sealed class TenantFeed(TenantId id)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FeedState _committed = new(0, 0, 0);
    private FeedState _pending = new(0, 0, 0);

    public TenantId Id { get; } = id;

    /// <summary>As committed: what a reader goes by.</summary>
    public FeedState Committed
    {
        get
        {
            lock (_gate)
            {
                return _committed;
            }
        }
    }

    /// <summary>As the transaction under way will leave it: the writer's alone.</summary>
    public ref FeedState Pending => ref _pending;

    public bool Changed => _pending != _committed;

    public void Commit()
    {
        TaskCompletionSource moved;
        lock (_gate)
        {
            _committed = _pending;
            moved = _moved;
            _moved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        moved.SetResult();
    }

    public void Rollback() => _pending = _committed;

    /// <summary>The newest committed sequence, once it is past <paramref name="after"/>.</summary>
    public async Task<long> WaitAsync(long after, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task moved;
            lock (_gate)
            {
                if (_committed.Last > after)
                {
                    return _committed.Last;
                }

                moved = _moved.Task;
            }

            await moved.WaitAsync(cancellationToken);
        }
    }
}
