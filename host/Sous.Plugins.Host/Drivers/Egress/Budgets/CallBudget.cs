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

    // Timers take no more than 49 days.
    private static readonly TimeSpan s_longestTimer = TimeSpan.FromDays(1);

    /// <summary>No host starts anew any faster, so what is over by then needs not be kept.</summary>
    private static readonly TimeSpan s_leastKept = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_retryFull = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_trimEvery = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<ConnectionId, CallLine> _lines = [];
    private readonly CallOrder _order = new();
    private readonly string _service;
    private readonly TimeProvider _clock;
    private readonly long _origin;
    private IReadOnlyList<RateLimit> _limits = [];
    private IReadOnlyList<ServiceEndpoint> _endpoints = ServiceEndpoint.Of([]);
    private Gates _registration;
    private ITimer? _timer;
    private TimeSpan? _armedFor;
    private TimeSpan _trimmedAt;

    /// <param name="service">What people call it.</param>
    public CallBudget(string service, TimeProvider clock)
    {
        (_service, _clock, _origin) = (service, clock, clock.GetTimestamp());
        _registration = new Gates(RateLimitScope.Registration, _endpoints);
    }

    private ServiceEndpoint Whole => _endpoints[0];

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

            (_limits, _endpoints) = (limits, ServiceEndpoint.Of(limits));
            _registration = _registration.With(_endpoints);
            foreach (var line in _lines.Values)
            {
                line.Limit(_endpoints);
                _order.Join(line);
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
            var (line, endpoint) = (LineOf(lane.Connection, now), ServiceEndpoint.Find(_endpoints, lane.Path));
            if (ClosingOf(line, endpoint) is var closing && closing.Until - now > LongestWait)
            {
                throw new DriverException(FailureKind.RateLimited, Explain(closing, now), closing.Until - now, new TurnRefusedException());
            }

            waiter = new CallWaiter(this, line, lane, endpoint);
            line.Add(waiter);
            _order.Join(line, lane.Priority);
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
    public void Return(CallLane lane)
    {
        lock (_gate)
        {
            var endpoint = ServiceEndpoint.Find(_endpoints, lane.Path);
            _registration.Return(endpoint);
            _lines.GetValueOrDefault(lane.Connection)?.Gates.Return(endpoint);
            HandOut();
        }
    }

    /// <summary>Heeds what an answer says, for just what the service limits.</summary>
    /// <returns>
    /// What it closes until when, where that is worth being kept over a restart and is not yet: for the connection, or null for the
    /// registration, the calls below a path, or null for all.
    /// </returns>
    public (ConnectionId? Connection, string? Path, DateTimeOffset Until)? Heed(CallLane lane, ServiceWord word)
    {
        lock (_gate)
        {
            var now = Now;
            var (line, called) = (LineOf(lane.Connection, now), ServiceEndpoint.Find(_endpoints, lane.Path));
            var meant = word.OfEndpoint ? called : Whole;
            if (word.IsRefusal)
            {
                line.RefusedPath = meant.Path;
            }
            else
            {
                _registration.Answered(called);
                line.Gates.Answered(called);
            }

            var isAll = meant.Limited == RateLimitScope.Registration;
            var gate = (isAll ? _registration : line.Gates).Of(meant);
            gate.Heed(word, now);
            HandOut();
            return gate.ClosedUntil - now > s_leastKept && gate.Keep(TimeSpan.FromSeconds(1)) is { } until ? (isAll ? null : lane.Connection, meant.Path, At(until, now)) : null;
        }
    }

    /// <summary>Heeds a limit that a driver tells. While an endpoint that was refused last is closed for as long, it tells of that.</summary>
    /// <param name="wait">How long no call may come, where it is told.</param>
    /// <returns>As for an answer.</returns>
    public (ConnectionId? Connection, string? Path, DateTimeOffset Until)? Heed(ConnectionId connection, TimeSpan? wait)
    {
        lock (_gate)
        {
            var now = Now;
            var line = LineOf(connection, now);
            var refused = ServiceEndpoint.Find(_endpoints, line.RefusedPath);
            var (own, all) = (line.Gates.ClosedUntil(refused), _registration.ClosedUntil(refused));
            var closed = own > all ? own : all;
            // A wait that goes beyond that is of something else; the same one is told a moment later.
            return Heed(new CallLane(connection, default, closed > now && now + (wait ?? TimeSpan.Zero) <= closed + s_leastKept ? refused.Path : null), new ServiceWord(true, wait, OfEndpoint: true));
        }
    }

    /// <summary>Closes as it was before the host started anew.</summary>
    /// <param name="connection">Null for the whole registration.</param>
    /// <param name="path">Null for all calls. Where no limit is of it any more, all that it lies within is closed.</param>
    public void Restore(ConnectionId? connection, string? path, DateTimeOffset until)
    {
        lock (_gate)
        {
            var now = Now;
            var gates = connection is { } id ? LineOf(id, now).Gates : _registration;
            gates.Of(ServiceEndpoint.Find(_endpoints, path)).Close(now + (until - _clock.GetUtcNow()));
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
            var line = _lines.GetValueOrDefault(connection);
            var closing = ClosingOf(line, Whole);
            if (closing.Until <= now)
            {
                closing = _endpoints.Select(endpoint => ClosingOf(line, endpoint)).MaxBy(static one => one.Until);
            }

            return closing.Until > now ? (At(closing.Until, now), Explain(closing, now)) : null;
        }
    }

    public BudgetView View()
    {
        lock (_gate)
        {
            var now = Now;
            return new BudgetView(
                [.. _endpoints.SelectMany(endpoint => _registration.Of(endpoint).Paces, (endpoint, pace) => new BudgetLimitView(RateLimitScope.Registration, pace.Requests, (int)pace.Period.TotalSeconds, pace.Used(now), endpoint.Path))
                    .Concat(_endpoints.SelectMany(static endpoint => endpoint.Limits).Where(static limit => limit.Of == RateLimitScope.Connection)
                        .Select(static limit => new BudgetLimitView(limit.Of, limit.Requests, limit.Seconds, null, limit.Path)))],
                Whole.Limited,
                _lines.Values.Sum(static line => line.Count),
                ClosingOfAll(Whole, now),
                CountClosed(Whole, now),
                _lines.Count,
                [.. _endpoints.Skip(1).Select(endpoint => new BudgetEndpointView(endpoint.Path ?? "", ClosingOfAll(endpoint, now), CountClosed(endpoint, now))).Where(static one => one.ClosedUntil is not null || one.ClosedConnections > 0)]);
        }
    }

    public void Dispose() => _timer?.Dispose();

    private static DriverException Full => new(FailureKind.RateLimited, "The service's limit leaves no call to this connection for now: others go first.", s_retryFull, new TurnRefusedException());

    private DateTimeOffset? ClosingOfAll(ServiceEndpoint endpoint, TimeSpan now)
        => _registration.ClosedUntil(endpoint) is var until && until > now ? At(until, now) : null;

    private int CountClosed(ServiceEndpoint endpoint, TimeSpan now) => _lines.Values.Count(line => line.Gates.ClosedUntil(endpoint) > now);

    // The last to end of those that hold up calls to an endpoint.
    private (TimeSpan Until, string? Path) ClosingOf(CallLine? line, ServiceEndpoint endpoint)
    {
        var last = (Until: TimeSpan.Zero, Path: (string?)null);
        for (var at = endpoint; at is not null; at = at.Within)
        {
            var (own, all) = (line?.Gates.ClosedUntil(at) ?? TimeSpan.Zero, _registration.ClosedUntil(at));
            var until = own > all ? own : all;
            last = until >= last.Until ? (until, at.Path) : last;
        }

        return last;
    }

    private string Explain((TimeSpan Until, string? Path) closing, TimeSpan now)
        => FormattableString.Invariant($"{_service} asked to wait {(closing.Path is { } path ? $"with {path} " : "")}until {At(closing.Until, now):yyyy-MM-dd HH:mm:ss} UTC.");

    private DateTimeOffset At(TimeSpan instant, TimeSpan now) => _clock.GetUtcNow() + (instant - now);

    private CallLine LineOf(ConnectionId connection, TimeSpan now)
    {
        if (!_lines.TryGetValue(connection, out var line))
        {
            Trim(now);
            line = new CallLine(connection, new Gates(RateLimitScope.Connection, _endpoints));
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
        foreach (var line in _lines.Values.Where(line => line is { Rings: 0, Wakes: null, Count: 0 } && line.Gates.IsIdle(now)).ToList())
        {
            _lines.Remove(line.Connection);
        }
    }

    private void HandOut()
    {
        var now = Now;
        while (_registration.FreeAt(Whole, now) <= now && _order.Take(_registration, now) is { } next)
        {
            _registration.Take(next.Endpoint, now);
            next.Line.Gates.Take(next.Endpoint, now);
            next.Grant();
        }

        Arm(now);
    }

    private void Arm(TimeSpan now)
    {
        var free = _registration.FreeAt(Whole, now);
        TimeSpan? next = _order.HasAny ? free
            : _order.WakesAt is { } wakes ? (wakes > free ? wakes : free) : null;
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
