namespace Sous.Plugins.Host.Syncing;

/// <summary>
/// Keys, each with the instant at which it is due: one timer and a priority queue, however many there are.
/// A due key is taken out and handed to who made the table, on a pool thread, never under the lock. Safe for any number of threads.
/// </summary>
internal sealed class Timetable<TKey> : IDisposable
    where TKey : notnull, IEquatable<TKey>
{
    // The wall clock may jump while the timer counts on: nothing due by the wall waits longer than this.
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(30);

    // A wall clock that goes back by more was wrong before: what waits by it would wait for a time that is long in coming.
    private static readonly TimeSpan s_farBack = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, long> _dues = [];
    private readonly PriorityQueue<TKey, long> _queue = new();
    private readonly Action<TKey, DateTimeOffset> _fire;
    private readonly Action? _wentFarBack;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private long _seen;
    private long _armedFor = long.MaxValue;
    private bool _disposed;

    /// <param name="fire">Told the key and the instant it was due at. Quick, and does not throw: the other due keys wait for it.</param>
    /// <param name="wentFarBack">Told, as <paramref name="fire"/> is, when the wall clock was found to have gone far back.</param>
    public Timetable(TimeProvider clock, Action<TKey, DateTimeOffset> fire, Action? wentFarBack = null)
    {
        (_clock, _fire, _wentFarBack) = (clock, fire, wentFarBack);
        _timer = clock.CreateTimer(static table => ((Timetable<TKey>?)table)?.FireDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _dues.Count;
            }
        }
    }

    /// <summary>Puts the key in, or moves it. One that is due already fires at once.</summary>
    public void Set(TKey key, DateTimeOffset due)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _dues[key] = due.UtcTicks;
            _queue.Enqueue(key, due.UtcTicks);
            DropStale();
            if (due.UtcTicks < _armedFor)
            {
                Arm(due.UtcTicks);
            }
        }
    }

    /// <returns>Whether it was in.</returns>
    public bool Remove(TKey key)
    {
        lock (_gate)
        {
            return _dues.Remove(key);
        }
    }

    /// <returns>When the key is due, or null where it is not in.</returns>
    public DateTimeOffset? DueOf(TKey key)
    {
        lock (_gate)
        {
            return _dues.TryGetValue(key, out var ticks) ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _dues.Clear();
            _queue.Clear();
        }

        _timer.Dispose();
    }

    private void FireDue()
    {
        var (dues, isFarBack) = TakeDue();
        if (isFarBack)
        {
            _wentFarBack?.Invoke();
        }

        foreach (var (key, due) in dues)
        {
            _fire(key, new DateTimeOffset(due, TimeSpan.Zero));
        }
    }

    private (List<(TKey Key, long Due)> Dues, bool IsFarBack) TakeDue()
    {
        var due = new List<(TKey, long)>();
        bool isFarBack;
        lock (_gate)
        {
            var now = _clock.GetUtcNow().UtcTicks;
            isFarBack = now < _seen - s_farBack.Ticks;
            _seen = now;
            while (_queue.TryPeek(out var key, out var ticks) && (ticks <= now || !IsCurrent(key, ticks)))
            {
                _queue.Dequeue();
                // A key that was moved or removed left its old place in the queue behind.
                if (IsCurrent(key, ticks))
                {
                    _dues.Remove(key);
                    due.Add((key, ticks));
                }
            }

            Arm(_queue.TryPeek(out _, out var next) ? next : long.MaxValue);
        }

        return (due, isFarBack);
    }

    private bool IsCurrent(TKey key, long ticks) => _dues.TryGetValue(key, out var current) && current == ticks;

    private void Arm(long ticks)
    {
        if (_disposed)
        {
            return;
        }

        _armedFor = ticks;
        var wait = ticks == long.MaxValue ? Timeout.InfiniteTimeSpan : Wait(ticks - _clock.GetUtcNow().UtcTicks);
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private static TimeSpan Wait(long ticks)
    {
        // Rounded up to what timers count in: one that fires early would find nothing due.
        var wait = TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, ticks) / (double)TimeSpan.TicksPerMillisecond));
        return wait < s_longestWait ? wait : s_longestWait;
    }

    private void DropStale()
    {
        if (_queue.Count < 64 || _queue.Count < 2 * _dues.Count)
        {
            return;
        }

        _queue.Clear();
        _queue.EnqueueRange(_dues.Select(static pair => (pair.Key, pair.Value)));
    }
}
