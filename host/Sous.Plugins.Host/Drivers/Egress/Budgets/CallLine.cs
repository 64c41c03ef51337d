using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Drivers.Egress.Budgets;

/// <summary>The calls of one connection that wait, by what they are for. Not safe for threads.</summary>
internal sealed class CallLine(ConnectionId connection, Gate gate)
{
    private static readonly int s_priorities = Enum.GetValues<CallPriority>().Length;

    // Most lines never have anybody wait in them.
    private LinkedList<CallWaiter>?[]? _waiting;

    public ConnectionId Connection => connection;

    public Gate Gate { get; set; } = gate;

    /// <summary>Whether it waits for its own gate, and is in no ring.</summary>
    public bool IsAsleep { get; set; }

    /// <summary>In which rings it is, a bit for each priority.</summary>
    public int Rings { get; set; }

    public int Count => _waiting?.Sum(static waiting => waiting?.Count ?? 0) ?? 0;

    public bool HasAny(CallPriority priority) => _waiting?[(int)priority]?.Count > 0;

    public void Add(CallWaiter waiter)
    {
        _waiting ??= new LinkedList<CallWaiter>[s_priorities];
        waiter.Place = (_waiting[(int)waiter.Priority] ??= new LinkedList<CallWaiter>()).AddLast(waiter);
    }

    public CallWaiter? Take(CallPriority priority)
    {
        var first = _waiting?[(int)priority]?.First?.Value;
        first?.Leave();
        return first;
    }
}
