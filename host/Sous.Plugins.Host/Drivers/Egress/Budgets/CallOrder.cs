namespace Sous.Plugins.Host.Drivers.Egress.Budgets;

/// <summary>
/// Whose call is next: by priority, and within one the connections one after another. A line is in the ring of each priority that it may
/// have a call to make of, or was found shut and waits until one of its gates opens. Not safe for threads.
/// </summary>
internal sealed class CallOrder
{
    // Who goes last by right goes first once so many were let past, so that nobody waits for ever.
    private const int MostLetPast = 16;

    private static readonly CallPriority[] s_order = Enum.GetValues<CallPriority>();

    private readonly Queue<CallLine>[] _rings = [.. s_order.Select(static _ => new Queue<CallLine>())];

    // Those that wake together wake in the order in which they fell asleep, so that they take turns at a gate of all.
    private readonly SortedDictionary<(TimeSpan At, long Place), CallLine> _sleeping = [];
    private long _slept;
    private int _letPast;

    /// <summary>Whether somebody may be next already.</summary>
    public bool HasAny => Array.Exists(_rings, static ring => ring.Count > 0);

    /// <summary>When somebody may be next who was found shut out; null for nobody.</summary>
    public TimeSpan? WakesAt => _sleeping.Count == 0 ? null : _sleeping.First().Key.At;

    /// <summary>Puts a line into the ring of a priority, behind the others.</summary>
    public void Join(CallLine line, CallPriority priority)
    {
        var bit = 1 << (int)priority;
        if ((line.Rings & bit) == 0)
        {
            line.Rings |= bit;
            _rings[(int)priority].Enqueue(line);
        }
    }

    /// <summary>Puts a line into the ring of each priority that it has calls of.</summary>
    public void Join(CallLine line)
    {
        foreach (var priority in s_order)
        {
            if (line.HasAny(priority))
            {
                Join(line, priority);
            }
        }
    }

    /// <summary>Takes the next that may go now out of its line, or finds none.</summary>
    public CallWaiter? Take(Gates registration, TimeSpan now)
    {
        while (WakesAt <= now)
        {
            var (at, line) = _sleeping.First();
            _sleeping.Remove(at);
            line.Wakes = null;
            Join(line);
        }

        var isTurned = _letPast >= MostLetPast;
        for (var i = 0; i < s_order.Length; i++)
        {
            var priority = s_order[isTurned ? s_order.Length - 1 - i : i];
            if (Take(priority, registration, now) is { } waiter)
            {
                var letsPast = s_order.Any(other => other > priority && _rings[(int)other].Count > 0);
                _letPast = isTurned || !letsPast ? 0 : _letPast + 1;
                return waiter;
            }
        }

        return null;
    }

    private CallWaiter? Take(CallPriority priority, Gates registration, TimeSpan now)
    {
        while (_rings[(int)priority].TryDequeue(out var line))
        {
            line.Rings &= ~(1 << (int)priority);
            if (line.FindFree(priority, registration, now, out var opens) is { } waiter)
            {
                waiter.Leave();
                if (line.HasAny(priority))
                {
                    Join(line, priority);
                }

                return waiter;
            }

            if (opens is { } at)
            {
                Sleep(line, at);
            }
        }

        return null;
    }

    private void Sleep(CallLine line, TimeSpan until)
    {
        if (line.Wakes is { } wakes)
        {
            if (wakes.At <= until)
            {
                return;
            }

            _sleeping.Remove(wakes);
        }

        var next = (until, _slept++);
        line.Wakes = next;
        _sleeping.Add(next, line);
    }
}
