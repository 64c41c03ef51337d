using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Drivers.Egress;

/// <summary>
/// Calls of one listing that had no answer that can be used: none at all, half of one, 408, 429 or 5xx after all its tries. One is no more among them
/// once the same was answered, by a call after it or beside it. Safe for any number of threads.
/// </summary>
internal sealed class UnansweredCalls
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SentCall, DriverException> _failed = [];
    private readonly Dictionary<SentCall, (int Calls, bool IsAnswered)> _underWay = [];

    /// <summary>What one of them met, and so who must act; null while there is none.</summary>
    public DriverException? Any
    {
        get
        {
            lock (_gate)
            {
                return _failed.Values.FirstOrDefault();
            }
        }
    }

    /// <summary>A call begins; it ends by one of the next three.</summary>
    public void Begin(SentCall call)
    {
        lock (_gate)
        {
            var (calls, isAnswered) = _underWay.GetValueOrDefault(call);
            _underWay[call] = (calls + 1, isAnswered);
        }
    }

    public void Answered(SentCall call)
    {
        lock (_gate)
        {
            _underWay[call] = _underWay[call] with { IsAnswered = true };
            End(call);
            _failed.Remove(call);
        }
    }

    public void Failed(SentCall call, DriverException failure)
    {
        lock (_gate)
        {
            if (!End(call))
            {
                _failed[call] = failure;
            }
        }
    }

    /// <summary>The host refused to send it, as it will again: that is an answer of its kind.</summary>
    public void Refused(SentCall call)
    {
        lock (_gate)
        {
            End(call);
        }
    }

    /// <summary>Its answer broke off while it was read.</summary>
    public void Broke(SentCall call, DriverException failure)
    {
        lock (_gate)
        {
            _failed[call] = failure;
        }
    }

    /// <returns>Whether the same was answered while this one was under way.</returns>
    private bool End(SentCall call)
    {
        var (calls, isAnswered) = _underWay[call];
        if (calls == 1)
        {
            _underWay.Remove(call);
        }
        else
        {
            _underWay[call] = (calls - 1, isAnswered);
        }

        return isAnswered;
    }
}
