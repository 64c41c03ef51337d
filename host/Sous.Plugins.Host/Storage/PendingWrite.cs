namespace Sous.Plugins.Host.Storage;

/// <summary>A write that waits for its turn, and its caller's task.</summary>
internal abstract class PendingWrite
{
    /// <summary>Runs the work; false when it threw or was cancelled, so that nothing of it may be kept.</summary>
    public abstract bool Run(IRegistryTransaction transaction);

    /// <summary>Hands the caller what the last run gave: its result, or what it threw.</summary>
    public abstract void Complete();

    public abstract void Fail(StorageException failure);
}

/// <inheritdoc/>
internal sealed class PendingWrite<TResult>(Func<IRegistryTransaction, TResult> work, CancellationToken cancellationToken) : PendingWrite
{
    private readonly TaskCompletionSource<TResult> _caller = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TResult? _result;
    private Exception? _thrown;

    public Task<TResult> Task => _caller.Task;

    public override bool Run(IRegistryTransaction transaction)
    {
        _thrown = null;
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            _result = work(transaction);
            return true;
        }
        catch (Exception e)
        {
            _thrown = e;
            return false;
        }
    }

    public override void Complete()
    {
        switch (_thrown)
        {
            case null:
                _caller.TrySetResult(_result!);
                break;
            case OperationCanceledException when cancellationToken.IsCancellationRequested:
                _caller.TrySetCanceled(cancellationToken);
                break;
            default:
                _caller.TrySetException(_thrown);
                break;
        }
    }

    public override void Fail(StorageException failure) => _caller.TrySetException(failure);
}
