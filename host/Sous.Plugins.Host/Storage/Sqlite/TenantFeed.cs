using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Storage.Sqlite;

/// <summary>Where a tenant's feed stands. The writer draws sequences; readers and waiters see those that are committed.</summary>
internal sealed class TenantFeed(TenantId id)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private State _committed = new(0, 0, 0, 0);
    private State _pending = new(0, 0, 0, 0);

    public TenantId Id { get; } = id;

    /// <summary>As committed: what a reader goes by.</summary>
    public State Committed
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
    public ref State Pending => ref _pending;

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

    /// <param name="No">The tenant's number, 0 while it has nothing here.</param>
    /// <param name="Era">How often everything of the tenant was deleted.</param>
    /// <param name="Floor">What is at or below it is gone.</param>
    internal readonly record struct State(long No, long Era, long Floor, long Last)
    {
        /// <summary>Deletes at or below it are gone: whoever has read on by then lacks none, and whoever begins at 0 needs none.</summary>
        public long Purged { get; init; }

        /// <summary>What is added to a sequence when it is told, besides the epoch's own.</summary>
        public long Base { get; init; }

        /// <summary>What was added before the last purge.</summary>
        public long Former { get; init; }

        /// <summary>In milliseconds: what was known is known from then on; 0 for ever since.</summary>
        public long Since { get; init; }

        public long Tell(FeedEpoch epoch, long sequence) => epoch.Tell(Base + sequence);

        /// <summary>The sequence of a position that was told, or null where a reader who stands there would miss something.</summary>
        public long? Find(FeedEpoch epoch, long told)
        {
            if (told == 0)
            {
                return 0;
            }

            var number = told - epoch.Base;
            var isFormer = number < Base;
            var sequence = number - (isFormer ? Former : Base);
            return number < 0 || sequence < (isFormer ? Math.Max(Floor, Purged) : Floor) || sequence > Last ? null : sequence;
        }
    }
}
