namespace Sous.Plugins.Host.Drivers.Generations;

/// <summary>How much a generation is in use, and whether it is to be let go of. Safe for many threads.</summary>
internal sealed class GenerationUse : IDisposable
{
    private readonly CancellationTokenSource _overdue = new();
    private ITimer? _deadline;
    private int _sessions;
    private int _leftBehind;

    /// <summary>Sessions that are open.</summary>
    public int Sessions => Volatile.Read(ref _sessions);

    /// <summary>When another took its place, or null while it serves.</summary>
    public DateTimeOffset? RetiredAt { get; private set; }

    /// <summary>Fires where it is still in use a while after it was retired: what runs in it then ends, and goes on in the next.</summary>
    public CancellationToken Overdue => _overdue.Token;

    /// <summary>Calls that were given up, and have not come back to this day: each holds a thread or waits for what never comes.</summary>
    public int LeftBehind => Volatile.Read(ref _leftBehind);

    /// <summary>Takes one of a limited number of places, of which a call that was left behind keeps one.</summary>
    /// <returns>False where all are taken.</returns>
    public bool TryEnter(int places)
    {
        if (Interlocked.Increment(ref _sessions) + LeftBehind <= places)
        {
            return true;
        }

        Leave();
        return false;
    }

    /// <summary>Nobody waits for a call any more; it counts for as long as it goes on.</summary>
    public void LeaveBehind(Task call)
    {
        if (!call.IsCompleted)
        {
            Interlocked.Increment(ref _leftBehind);
            _ = call.ContinueWith(_ => Interlocked.Decrement(ref _leftBehind), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    public void Leave() => Interlocked.Decrement(ref _sessions);

    public void Retire(TimeSpan patience, TimeProvider clock)
    {
        RetiredAt = clock.GetUtcNow();
        _deadline = clock.CreateTimer(_ => _overdue.Cancel(), null, patience, Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        _deadline?.Dispose();
        _overdue.Dispose();
    }
}
