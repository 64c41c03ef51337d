namespace Sous.Plugins.Host.Drivers.Generations;

/// <summary>How much a generation is in use, and whether it is to be let go of. Safe for many threads.</summary>
internal sealed class GenerationUse : IDisposable
{
    private readonly CancellationTokenSource _overdue = new();
    private ITimer? _deadline;
    private int _sessions;

    /// <summary>Sessions that are open.</summary>
    public int Sessions => Volatile.Read(ref _sessions);

    /// <summary>When another took its place, or null while it serves.</summary>
    public DateTimeOffset? RetiredAt { get; private set; }

    /// <summary>Fires where it is still in use a while after it was retired: what runs in it then ends, and goes on in the next.</summary>
    public CancellationToken Overdue => _overdue.Token;

    public void Enter() => Interlocked.Increment(ref _sessions);

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
