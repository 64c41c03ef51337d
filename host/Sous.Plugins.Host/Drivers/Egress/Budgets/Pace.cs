namespace Sous.Plugins.Host.Drivers.Egress.Budgets;

/// <summary>
/// Keeps calls below so many in any stretch of a length, wherever the service begins to count. A tenth may come at once, the rest
/// evenly (the generic cell rate algorithm: one instant is all its state). The limiters of System.Threading.RateLimiting would let
/// twice the number through around the start of a period, and know no clock but the machine's. Not safe for threads.
/// </summary>
internal sealed class Pace(int requests, TimeSpan period)
{
    private readonly int _burst = Math.Max(1, requests / 10);

    // When all calls so far are paid for.
    private TimeSpan _paid;
    private TimeSpan _windowAt;
    private int _before;
    private int _calls;

    public int Requests => requests;

    public TimeSpan Period => period;

    /// <summary>When the next call may go.</summary>
    public TimeSpan FreeAt => _paid - ((_burst - 1) * Interval);

    private TimeSpan Interval => period / (requests - _burst + 1);

    public void Take(TimeSpan now)
    {
        Count(now);
        _calls++;
        _paid = (_paid > now ? _paid : now) + Interval;
    }

    /// <summary>Gives back a call that was not made.</summary>
    public void Return()
    {
        _calls -= _calls > 0 ? 1 : 0;
        _paid -= Interval;
    }

    /// <summary>One call may go then, and the others after it, evenly.</summary>
    public void DrainUntil(TimeSpan instant)
    {
        var paid = instant + ((_burst - 1) * Interval);
        _paid = paid > _paid ? paid : _paid;
    }

    public bool IsIdle(TimeSpan now) => _paid <= now;

    /// <summary>Calls within the last <see cref="Period"/>, estimated from two counted in turn.</summary>
    public int Used(TimeSpan now)
    {
        Count(now);
        return (int)Math.Min(requests, _calls + (_before * (1 - ((now - _windowAt) / period))));
    }

    private void Count(TimeSpan now)
    {
        var passed = (long)((now - _windowAt) / period);
        if (passed > 0)
        {
            (_before, _calls) = (passed == 1 ? _calls : 0, 0);
            _windowAt += passed * period;
        }
    }
}
