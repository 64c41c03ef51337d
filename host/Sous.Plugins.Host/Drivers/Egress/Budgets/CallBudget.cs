using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Drivers.Egress.Budgets;

/// <summary>
/// Turns to call one service with one client registration: for somebody who waits first, then for what changed, then for the past,
/// and among connections one after another. None comes earlier than the service said. Safe for any number of threads.
/// </summary>
internal sealed class CallBudget : IDisposable
{
    /// <summary>The longest wait that a call sits out; after that it is the run's to plan.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    // Who goes last by right goes first once so many were let past, so that nobody waits for ever.
    private const int MostLetPast = 16;

    // Timers take no more than 49 days.
    private static readonly TimeSpan s_longestTimer = TimeSpan.FromDays(1);

    /// <summary>No host starts anew any faster, so what is over by then needs not be kept.</summary>
    private static readonly TimeSpan s_leastKept = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_retryFull = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_trimEvery = TimeSpan.FromMinutes(1);
    private static readonly CallPriority[] s_order = Enum.GetValues<CallPriority>();

    private readonly Lock _gate = new();
    private readonly Dictionary<ConnectionId, CallLine> _lines = [];
    private readonly Queue<CallLine>[] _rings = [.. s_order.Select(static _ => new Queue<CallLine>())];
    private readonly PriorityQueue<CallLine, TimeSpan> _sleeping = new();
    private readonly string _service;
    private readonly TimeProvider _clock;
    private readonly long _origin;
    private IReadOnlyList<RateLimit> _limits = [];
    private Gate _registration = new([]);
    private RateLimitScope _limited = RateLimitScope.Connection;
    private ITimer? _timer;
    private TimeSpan? _armedFor;
    private TimeSpan _trimmedAt;
    private int _letPast;

    /// <param name="service">What people call it.</param>
    public CallBudget(string service, TimeProvider clock) => (_service, _clock, _origin) = (service, clock, clock.GetTimestamp());

    // By a clock that nobody sets: a wait is a time that passes.
    private TimeSpan Now => _clock.GetElapsedTime(_origin);

    /// <summary>Takes up limits that have changed; what the service said stays said.</summary>
    public void Limit(IReadOnlyList<RateLimit> limits)
    {
        lock (_gate)
        {
            if (limits.SequenceEqual(_limits))
            {
                return;
            }

            _limits = limits;
            _limited = limits.Count > 0 && limits.All(static limit => limit.Of == RateLimitScope.Registration) ? RateLimitScope.Registration : RateLimitScope.Connection;
            _registration = _registration.With([.. limits.Where(static limit => limit.Of == RateLimitScope.Registration)]);
            foreach (var line in _lines.Values)
            {
                line.Gate = line.Gate.With(OfConnection);
            }

            HandOut();
        }
    }

    /// <summary>Waits for a turn. Whoever has one calls at once, or gives it back.</summary>
    /// <exception cref="DriverException">It would take longer than <see cref="LongestWait"/>.</exception>
    public async Task WaitAsync(CallLane lane, CancellationToken cancellationToken)
    {
        CallWaiter waiter;
        lock (_gate)
        {
            var now = Now;
            var line = LineOf(lane.Connection, now);
            if (ClosedUntil(line) is var until && until - now > LongestWait)
            {
                throw Refuse(until, now);
            }

            waiter = new CallWaiter(this, line, lane.Priority);
            line.Add(waiter);
            Join(line, lane.Priority);
            HandOut();
        }

        if (waiter.Turn.IsCompletedSuccessfully)
        {
            return;
        }

        await using var patience = _clock.CreateTimer(static state => ((CallWaiter?)state)?.GiveUp(Full), waiter, LongestWait + TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        await using var canceling = cancellationToken.UnsafeRegister(static (state, token) => ((CallWaiter?)state)?.GiveUp(new OperationCanceledException(token)), waiter);
        await waiter.Turn;
    }

    /// <summary>Gives back a turn that was not used.</summary>
    public void Return(ConnectionId connection)
    {
        lock (_gate)
        {
            _registration.Return();
            _lines.GetValueOrDefault(connection)?.Gate.Return();
            HandOut();
        }
    }

    /// <summary>Heeds what an answer says, for just what the service limits.</summary>
    /// <returns>Whom it closes until when, where that is worth being kept over a restart and is not yet; null for the connection where it is the registration.</returns>
    public (ConnectionId? Connection, DateTimeOffset Until)? Heed(ConnectionId connection, ServiceWord word)
    {
        lock (_gate)
        {
            var now = Now;
            var isAll = _limited == RateLimitScope.Registration;
            var gate = isAll ? _registration : LineOf(connection, now).Gate;
            gate.Heed(word, now);
            HandOut();
            return gate.ClosedUntil - now > s_leastKept && gate.Keep(TimeSpan.FromSeconds(1)) is { } until ? (isAll ? null : connection, At(until, now)) : null;
        }
    }

    /// <summary>Closes as it was before the host started anew.</summary>
    /// <param name="connection">Null for the whole registration.</param>
    public void Restore(ConnectionId? connection, DateTimeOffset until)
    {
        lock (_gate)
        {
            var now = Now;
            var gate = connection is { } id ? LineOf(id, now).Gate : _registration;
            gate.Heed(new ServiceWord(true, until - _clock.GetUtcNow()), now);
            HandOut();
        }
    }

    public bool Remove(CallWaiter waiter)
    {
        lock (_gate)
        {
            return waiter.Leave();
        }
    }

    /// <summary>Until when the service asked this connection to wait, or null where it did not.</summary>
    public (DateTimeOffset Until, string Cause)? FindWait(ConnectionId connection)
    {
        lock (_gate)
        {
            var now = Now;
            var own = _lines.GetValueOrDefault(connection)?.Gate.ClosedUntil ?? TimeSpan.Zero;
            var until = own > _registration.ClosedUntil ? own : _registration.ClosedUntil;
            return until > now ? (At(until, now), Explain(until, now)) : null;
        }
    }

    public BudgetView View()
    {
        lock (_gate)
        {
            var now = Now;
            return new BudgetView(
                [.. _registration.Paces.Select(pace => new BudgetLimitView(RateLimitScope.Registration, pace.Requests, (int)pace.Period.TotalSeconds, pace.Used(now)))
                    .Concat(OfConnection.Select(static limit => new BudgetLimitView(limit.Of, limit.Requests, limit.Seconds, null)))],
                _limited,
                _lines.Values.Sum(static line => line.Count),
                _registration.ClosedUntil > now ? At(_registration.ClosedUntil, now) : null,
                _lines.Values.Count(line => line.Gate.ClosedUntil > now),
                _lines.Count);
        }
    }

    public void Dispose() => _timer?.Dispose();

    private static DriverException Full => new(FailureKind.RateLimited, "The service's limit leaves no call to this connection for now: others go first.", s_retryFull, new TurnRefusedException());

    private IReadOnlyList<RateLimit> OfConnection => [.. _limits.Where(static limit => limit.Of == RateLimitScope.Connection)];

    private TimeSpan ClosedUntil(CallLine line) => line.Gate.ClosedUntil > _registration.ClosedUntil ? line.Gate.ClosedUntil : _registration.ClosedUntil;

    private DriverException Refuse(TimeSpan until, TimeSpan now) => new(FailureKind.RateLimited, Explain(until, now), until - now, new TurnRefusedException());

    private string Explain(TimeSpan until, TimeSpan now) => FormattableString.Invariant($"{_service} asked to wait until {At(until, now):yyyy-MM-dd HH:mm:ss} UTC.");

    private DateTimeOffset At(TimeSpan instant, TimeSpan now) => _clock.GetUtcNow() + (instant - now);

    private CallLine LineOf(ConnectionId connection, TimeSpan now)
    {
        if (!_lines.TryGetValue(connection, out var line))
        {
            Trim(now);
            line = new CallLine(connection, new Gate(OfConnection));
            _lines.Add(connection, line);
        }

        return line;
    }

    // A line that nothing is left of is as good as a new one.
    private void Trim(TimeSpan now)
    {
        if (now - _trimmedAt < s_trimEvery)
        {
            return;
        }

        _trimmedAt = now;
        foreach (var line in _lines.Values.Where(line => line is { Rings: 0, IsAsleep: false, Count: 0 } && line.Gate.IsIdle(now)).ToList())
        {
            _lines.Remove(line.Connection);
        }
    }

    private void Join(CallLine line, CallPriority priority)
    {
        var bit = 1 << (int)priority;
        if (!line.IsAsleep && (line.Rings & bit) == 0)
        {
            line.Rings |= bit;
            _rings[(int)priority].Enqueue(line);
        }
    }

    private void HandOut()
    {
        var now = Now;
        while (_sleeping.TryPeek(out var line, out var wakes) && wakes <= now)
        {
            _sleeping.Dequeue();
            line.IsAsleep = false;
            foreach (var priority in s_order.Where(line.HasAny))
            {
                Join(line, priority);
            }
        }

        while (_registration.FreeAt(now) <= now && FindNext(now) is { } next)
        {
            _registration.Take(now);
            next.Line.Gate.Take(now);
            next.Grant();
        }

        Arm(now);
    }

    private CallWaiter? FindNext(TimeSpan now)
    {
        var isTurned = _letPast >= MostLetPast;
        for (var i = 0; i < s_order.Length; i++)
        {
            var priority = s_order[isTurned ? s_order.Length - 1 - i : i];
            if (FindNext(priority, now) is { } waiter)
            {
                var letsPast = s_order.Any(other => other > priority && _rings[(int)other].Count > 0);
                _letPast = isTurned || !letsPast ? 0 : _letPast + 1;
                return waiter;
            }
        }

        return null;
    }

    private CallWaiter? FindNext(CallPriority priority, TimeSpan now)
    {
        var ring = _rings[(int)priority];
        while (ring.TryDequeue(out var line))
        {
            line.Rings &= ~(1 << (int)priority);
            if (line.IsAsleep || !line.HasAny(priority))
            {
                continue;
            }

            if (line.Gate.FreeAt(now) is var free && free > now)
            {
                line.IsAsleep = true;
                _sleeping.Enqueue(line, free);
                continue;
            }

            var waiter = line.Take(priority);
            if (line.HasAny(priority))
            {
                Join(line, priority);
            }

            return waiter;
        }

        return null;
    }

    private void Arm(TimeSpan now)
    {
        var free = _registration.FreeAt(now);
        TimeSpan? next = Array.Exists(_rings, static ring => ring.Count > 0) ? free
            : _sleeping.TryPeek(out _, out var wakes) ? (wakes > free ? wakes : free) : null;
        if (next == _armedFor && (next is null || next > now))
        {
            return;
        }

        _timer?.Dispose();
        _armedFor = next;
        _timer = null;
        if (next is { } at)
        {
            // Rounded up to what timers count in: one that fires early would find nothing free.
            var wait = TimeSpan.FromMilliseconds(Math.Max(1, Math.Ceiling((at - now).TotalMilliseconds)));
            _timer = _clock.CreateTimer(static budget => ((CallBudget?)budget)?.Wake(), this, wait < s_longestTimer ? wait : s_longestTimer, Timeout.InfiniteTimeSpan);
        }
    }

    private void Wake()
    {
        lock (_gate)
        {
            _armedFor = null;
            HandOut();
        }
    }
}
