namespace Sous.Plugins.Sdk.Testing.Bench;

/// <summary>A clock that counts the timers which were made of it and are not let go.</summary>
internal sealed class WatchedClock(TimeProvider inner) : TimeProvider
{
    private int _timers;

    /// <summary>Timers that are alive.</summary>
    public int Timers => Volatile.Read(ref _timers);

    public override TimeZoneInfo LocalTimeZone => inner.LocalTimeZone;

    public override long TimestampFrequency => inner.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

    public override long GetTimestamp() => inner.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Interlocked.Increment(ref _timers);
        return new WatchedTimer(inner.CreateTimer(callback, state, dueTime, period), () => Interlocked.Decrement(ref _timers));
    }

    private sealed class WatchedTimer(ITimer timer, Action gone) : ITimer
    {
        private Action? _gone = gone;

        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

        public void Dispose()
        {
            Interlocked.Exchange(ref _gone, null)?.Invoke();
            timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Interlocked.Exchange(ref _gone, null)?.Invoke();
            return timer.DisposeAsync();
        }
    }
}
