using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Drivers.Egress.Budgets;

/// <summary>The calls of one connection that wait, by what they are for and what they call. Not safe for threads.</summary>
internal sealed class CallLine(ConnectionId connection, Gates gates)
{
    // Most lines never have anybody wait in them.
    private Dictionary<(CallPriority Priority, ServiceEndpoint Endpoint), LinkedList<CallWaiter>>? _waiting;
    private long _came;

    public ConnectionId Connection => connection;

    public Gates Gates { get; private set; } = gates;

    /// <summary>When the next of its own gates opens that somebody waits at, and its place among those that wait until then; null where none was found shut.</summary>
    public (TimeSpan At, long Place)? Wakes { get; set; }

    /// <summary>In which rings it is, a bit for each priority.</summary>
    public int Rings { get; set; }

    /// <summary>The path that the service refused last, by itself; null for none, or where it refused all calls.</summary>
    public string? RefusedPath { get; set; }

    public int Count => _waiting?.Values.Sum(static waiting => waiting.Count) ?? 0;

    public bool HasAny(CallPriority priority)
    {
        foreach (var (key, waiting) in _waiting ?? [])
        {
            if (key.Priority == priority && waiting.Count > 0)
            {
                return true;
            }
        }

        return false;
    }

    public void Add(CallWaiter waiter)
    {
        waiter.Ticket = _came++;
        Stand(waiter);
    }

    /// <summary>Who came first of those whose gates are open now, those of the registration too.</summary>
    /// <param name="opens">When the next of the others' gates opens; null where nobody else waits.</param>
    public CallWaiter? FindFree(CallPriority priority, Gates registration, TimeSpan now, out TimeSpan? opens)
    {
        (CallWaiter? first, opens) = (null, null);
        foreach (var (key, waiting) in _waiting ?? [])
        {
            if (key.Priority != priority || waiting.First?.Value is not { } waiter)
            {
                continue;
            }

            var (own, all) = (Gates.FreeAt(key.Endpoint, now), registration.FreeAt(key.Endpoint, now));
            var free = own > all ? own : all;
            if (free > now)
            {
                opens = opens < free ? opens : free;
            }
            else if (first is null || waiter.Ticket < first.Ticket)
            {
                first = waiter;
            }
        }

        return first;
    }

    /// <summary>Takes up limits that have changed.</summary>
    public void Limit(IReadOnlyList<ServiceEndpoint> endpoints)
    {
        Gates = Gates.With(endpoints);
        var all = (_waiting?.Values.SelectMany(static waiting => waiting) ?? []).OrderBy(static waiter => waiter.Ticket).ToList();
        _waiting = null;
        foreach (var waiter in all)
        {
            waiter.Leave();
            waiter.Endpoint = ServiceEndpoint.Find(endpoints, waiter.Lane.Path);
            Stand(waiter);
        }
    }

    private void Stand(CallWaiter waiter)
    {
        _waiting ??= [];
        var key = (waiter.Lane.Priority, waiter.Endpoint);
        if (!_waiting.TryGetValue(key, out var waiting))
        {
            _waiting.Add(key, waiting = new LinkedList<CallWaiter>());
        }

        waiter.Place = waiting.AddLast(waiter);
    }
}
