using Sous.Plugins.Host.Authorization.Refreshing;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Authorization.Tokens;

/// <summary>
/// Turns at the token endpoint of one client registration: as far apart as the service's limit says, live callers first, and
/// none at all while the service asked to wait. Safe for any number of threads.
/// </summary>
internal sealed class TokenPace : IDisposable
{
    /// <summary>Scheduled turns at once: enough to share the registry's commits; a service that does not answer holds up no other's.</summary>
    private const int MostScheduled = 64;

    // How far live callers may go ahead of the pace; whoever comes after them comes the later for it.
    private static readonly TimeSpan s_ahead = TimeSpan.FromSeconds(6);

    // What a timer that fires late may catch up with.
    private static readonly TimeSpan s_catchUp = TimeSpan.FromMilliseconds(20);

    private readonly Lock _gate = new();
    private readonly Queue<Waiter> _live = new();
    private readonly Queue<Waiter> _scheduled = new();
    private readonly HashSet<ConnectionId> _members = [];
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private DateTimeOffset _next;
    private DateTimeOffset _pausedUntil;
    private int _atWork;

    public TokenPace(TimeProvider clock)
    {
        _clock = clock;
        _next = _pausedUntil = clock.GetUtcNow();
        _timer = clock.CreateTimer(static pace => ((TokenPace?)pace)?.HandOut(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>By the manifest that serves now.</summary>
    public int RequestsPerMinute { get; set; } = 600;

    /// <summary>Scheduled turns that are out.</summary>
    public int AtWork => Volatile.Read(ref _atWork);

    /// <summary>How long it takes until each connection has had a turn.</summary>
    public TimeSpan Round
    {
        get
        {
            lock (_gate)
            {
                return _members.Count * Interval;
            }
        }
    }

    /// <summary>How long the service still wants to be left alone; zero for not at all.</summary>
    public TimeSpan PausedFor
    {
        get
        {
            lock (_gate)
            {
                var left = _pausedUntil - _clock.GetUtcNow();
                return left > TimeSpan.Zero ? left : TimeSpan.Zero;
            }
        }
    }

    private TimeSpan Interval => TimeSpan.FromMinutes(1) / RequestsPerMinute;

    public void Join(ConnectionId connection)
    {
        lock (_gate)
        {
            _members.Add(connection);
        }
    }

    public void Leave(ConnectionId connection)
    {
        lock (_gate)
        {
            _members.Remove(connection);
        }
    }

    /// <summary>Waits for a turn; who has one asks at once, and disposes of it with the answer.</summary>
    public Task<IDisposable> WaitAsync(Urgency urgency, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(this, urgency);
        waiter.Canceling = cancellationToken.UnsafeRegister(static (state, token) => ((Waiter?)state)?.Turn.TrySetCanceled(token), waiter);
        lock (_gate)
        {
            (urgency == Urgency.Live ? _live : _scheduled).Enqueue(waiter);
        }

        HandOut();
        return waiter.Turn.Task;
    }

    /// <summary>Nobody asks before then.</summary>
    public void PauseFor(TimeSpan wait)
    {
        lock (_gate)
        {
            var until = _clock.GetUtcNow() + wait;
            _pausedUntil = until > _pausedUntil ? until : _pausedUntil;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void HandOut()
    {
        lock (_gate)
        {
            while (FindNext() is { } queue)
            {
                var now = _clock.GetUtcNow();
                var turn = queue == _live ? _next - s_ahead : _next;
                var free = turn > _pausedUntil ? turn : _pausedUntil;
                if (now < free)
                {
                    // Rounded up to what timers count in: one that fires early would find nothing free.
                    _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling((free - now).TotalMilliseconds)), Timeout.InfiniteTimeSpan);
                    return;
                }

                var waiter = queue.Dequeue();
                if (waiter.Turn.TrySetResult(waiter))
                {
                    _atWork += queue == _scheduled ? 1 : 0;
                    _next = (now - _next < s_catchUp ? _next : now) + Interval;
                }
            }
        }
    }

    private Queue<Waiter>? FindNext()
    {
        DropCanceled(_live);
        DropCanceled(_scheduled);
        return _live.Count > 0 ? _live : _scheduled.Count > 0 && _atWork < MostScheduled ? _scheduled : null;
    }

    private static void DropCanceled(Queue<Waiter> queue)
    {
        while (queue.TryPeek(out var waiter) && waiter.Turn.Task.IsCompleted)
        {
            queue.Dequeue();
        }
    }

    private void Return(Urgency urgency)
    {
        if (urgency == Urgency.Live)
        {
            return;
        }

        lock (_gate)
        {
            _atWork--;
        }

        HandOut();
    }

    private sealed class Waiter(TokenPace pace, Urgency urgency) : IDisposable
    {
        private int _returned;

        public CancellationTokenRegistration Canceling { get; set; }

        public TaskCompletionSource<IDisposable> Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _returned, 1) == 0)
            {
                Canceling.Dispose();
                pace.Return(urgency);
            }
        }
    }
}
