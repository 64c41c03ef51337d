using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Drivers.Egress.Budgets;

/// <summary>What a service limits together: the paces that are known of beforehand, and what it says itself. Not safe for threads.</summary>
internal sealed class Gate(IReadOnlyList<RateLimit> limits)
{
    // After a wait, where no pace says how fast: whoever waited is let go one by one.
    private static readonly TimeSpan s_afterWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_afterWaitFor = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan s_longestGuess = TimeSpan.FromMinutes(1);

    private readonly Pace[] _paces = [.. limits.Select(static limit => new Pace(limit.Requests, TimeSpan.FromSeconds(limit.Seconds)))];
    private TimeSpan _slowUntil;
    private TimeSpan _slowNext;
    private TimeSpan _interval;
    private int _refusals;
    private long _limit;
    private TimeSpan _keptUntil;

    public IReadOnlyList<Pace> Paces => _paces;

    /// <summary>The service asked for no call before.</summary>
    public TimeSpan ClosedUntil { get; private set; }

    /// <summary>When the next call may go; in the past where it may now.</summary>
    public TimeSpan FreeAt(TimeSpan now)
    {
        var free = ClosedUntil;
        if (_slowUntil > now && _slowNext > free)
        {
            free = _slowNext;
        }

        foreach (var pace in _paces)
        {
            free = pace.FreeAt > free ? pace.FreeAt : free;
        }

        return free;
    }

    public void Take(TimeSpan now)
    {
        _slowNext = now + _interval;
        foreach (var pace in _paces)
        {
            pace.Take(now);
        }
    }

    /// <summary>Gives back a call that was not made.</summary>
    public void Return()
    {
        _slowNext -= _interval;
        foreach (var pace in _paces)
        {
            pace.Return();
        }
    }

    /// <summary>The service took a call: what it refuses from now on is refused for the first time.</summary>
    public void Answered() => _refusals = 0;

    /// <summary>Heeds what an answer says.</summary>
    public void Heed(ServiceWord word, TimeSpan now)
    {
        if (word.Wait is { } wait)
        {
            Close(now + wait);
        }
        else if (word.IsRefusal && ClosedUntil <= now)
        {
            // Those that were under way together are refused together, and count once.
            var guess = TimeSpan.FromSeconds(1 << Math.Min(_refusals++, 10));
            Close(now + (guess < s_longestGuess ? guess : s_longestGuess));
        }

        if (word is { Remaining: { } remaining, Reset: { } reset })
        {
            Slow(remaining, word.Limit, reset, now);
        }
    }

    /// <summary>No call may come before; one that may not come for longer anyway stays as it is.</summary>
    public void Close(TimeSpan until)
    {
        if (until <= ClosedUntil)
        {
            return;
        }

        ClosedUntil = _slowNext = until;
        (_interval, _slowUntil) = (s_afterWait, until + s_afterWaitFor);
        foreach (var pace in _paces)
        {
            pace.DrainUntil(until);
        }
    }

    /// <summary>Notes that the closing is written down, with so much to spare that one just like it is too.</summary>
    /// <returns>Until when, or null where that was written down before.</returns>
    public TimeSpan? Keep(TimeSpan spare) => ClosedUntil <= _keptUntil ? null : _keptUntil = ClosedUntil + spare;

    public bool IsIdle(TimeSpan now) => ClosedUntil <= now && _slowUntil <= now && Array.TrueForAll(_paces, pace => pace.IsIdle(now));

    // What is left is spread over the time that is left, once it is a quarter: before that a burst does no harm.
    private void Slow(long remaining, long? limit, TimeSpan reset, TimeSpan now)
    {
        _limit = limit ?? Math.Max(_limit, remaining);
        if (remaining <= 0)
        {
            Close(now + reset);
        }
        else if (remaining <= _limit / 4)
        {
            _interval = reset / remaining;
            _slowUntil = now + reset;
            _slowNext = now + _interval;
        }
        else if (_slowUntil > now && ClosedUntil + s_afterWaitFor < now)
        {
            _slowUntil = now;
        }
    }
}
