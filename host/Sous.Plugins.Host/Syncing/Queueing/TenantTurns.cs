using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Syncing.Queueing;

/// <summary>Waiting runs of one service and priority: tenants take turns, however many runs each of them has. Guarded by its owner's lock.</summary>
internal sealed class TenantTurns
{
    private readonly Dictionary<TenantId, Queue<ActiveRun>> _waiting = [];
    private readonly LinkedList<TenantId> _order = new();

    public bool HasAny(Func<TenantId, bool> may) => _order.Any(may);

    public void Add(ActiveRun run)
    {
        var tenant = run.Request.Tenant;
        if (!_waiting.TryGetValue(tenant, out var runs))
        {
            _waiting[tenant] = runs = new Queue<ActiveRun>();
            _order.AddLast(tenant);
        }

        runs.Enqueue(run);
    }

    /// <summary>The oldest run of the tenant that has the fewest under way, and of several such of the one that has waited longest for a turn.</summary>
    /// <param name="may">Which tenants may have one more.</param>
    public ActiveRun Take(IReadOnlyDictionary<TenantId, int> underWay, Func<TenantId, bool> may)
    {
        var turn = Next(underWay, may);
        var runs = _waiting[turn.Value];
        var run = runs.Dequeue();
        _order.Remove(turn);
        if (runs.Count == 0)
        {
            _waiting.Remove(turn.Value);
        }
        else
        {
            _order.AddLast(turn);
        }

        return run;
    }

    // Short also where thousands wait: only tenants with runs under way are passed over, and of those there are no more than places.
    private LinkedListNode<TenantId> Next(IReadOnlyDictionary<TenantId, int> underWay, Func<TenantId, bool> may)
    {
        var (best, fewest) = ((LinkedListNode<TenantId>?)null, int.MaxValue);
        for (var node = _order.First; node is not null && fewest > 0; node = node.Next)
        {
            var count = underWay.GetValueOrDefault(node.Value);
            if (count < fewest && may(node.Value))
            {
                (best, fewest) = (node, count);
            }
        }

        return best ?? throw new InvalidOperationException("No run waits that may be taken.");
    }
}
