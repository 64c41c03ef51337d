using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace Sous.Plugins.Proofs.Troubles;

/// <summary>A clock that a proof moves, as a rule to the next moment that something waits for.</summary>
internal sealed class SteppedClock(DateTimeOffset start) : FakeTimeProvider(start)
{
    private readonly ConcurrentDictionary<Waiter, DateTimeOffset> _waiters = new();

    /// <summary>The next moment for which a timer is set that fires once, or a later one.</summary>
    public DateTimeOffset NextWaited(DateTimeOffset latest)
    {
        var now = GetUtcNow();
        foreach (var (waiter, at) in _waiters)
        {
            if (at <= now)
            {
                _waiters.TryRemove(new(waiter, at));
            }
            else if (at < latest)
            {
                latest = at;
            }
        }

        return latest;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var waiter = new Waiter(this, base.CreateTimer(callback, state, dueTime, period));
        waiter.Note(dueTime, period);
        return waiter;
    }

    private sealed class Waiter(SteppedClock clock, ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Note(dueTime, period);
            return timer.Change(dueTime, period);
        }

        // What recurs goes on by itself and holds nothing up.
        public void Note(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime > TimeSpan.Zero && period <= TimeSpan.Zero)
            {
                clock._waiters[this] = clock.GetUtcNow() + dueTime;
            }
            else
            {
                clock._waiters.TryRemove(this, out _);
            }
        }

        public void Dispose()
        {
            clock._waiters.TryRemove(this, out _);
            timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            clock._waiters.TryRemove(this, out _);
            return timer.DisposeAsync();
        }
    }
}
