using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Syncing.Queueing;

/// <summary>
/// Runs that wait for a place, and which is next when one is free: by priority; among equals one of the service with the fewest runs
/// under way; there one of the tenant with the fewest; there the oldest. Safe for any number of threads.
/// </summary>
/// <param name="mostOfService">Places that the runs of one service may take: a slow one leaves the others theirs.</param>
/// <param name="mostBackfills">Places that one tenant's runs over business days may take, since they take long.</param>
internal sealed class WaitingRuns(int mostOfService, int mostBackfills)
{
    private static readonly RunPriority[] s_usual = [RunPriority.Live, RunPriority.Incremental, RunPriority.Backfill];
    private static readonly RunPriority[] s_incrementalFirst = [RunPriority.Incremental, RunPriority.Live, RunPriority.Backfill];
    private static readonly RunPriority[] s_backfillFirst = [RunPriority.Backfill, RunPriority.Incremental, RunPriority.Live];

    private readonly Lock _gate = new();
    private readonly Dictionary<DriverId, ServiceLine> _services = [];
    private readonly Dictionary<TenantId, int> _underWay = [];
    private readonly Dictionary<TenantId, int> _backfills = [];
    private readonly Queue<TaskCompletionSource<ActiveRun>> _places = new();
    private long _turns;

    // Every fourth turn begins with what is usually last: nothing waits for ever, however much comes before it.
    private RunPriority[] Order => (_turns % 8) switch
    {
        3 => s_incrementalFirst,
        7 => s_backfillFirst,
        _ => s_usual,
    };

    public void Add(ActiveRun run)
    {
        lock (_gate)
        {
            LineOf(run).Add(run);
            FillPlaces();
        }
    }

    /// <summary>A place is free: completes with the run that takes it, which leaves it by <see cref="Leave"/>.</summary>
    /// <param name="cancellationToken">Once it is canceled the place is gone, and so may be a run that has just taken it.</param>
    public Task<ActiveRun> TakeAsync(CancellationToken cancellationToken)
    {
        var place = new TaskCompletionSource<ActiveRun>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _places.Enqueue(place);
            FillPlaces();
        }

        return place.Task.WaitAsync(cancellationToken);
    }

    public void Leave(ActiveRun run)
    {
        lock (_gate)
        {
            LineOf(run).Leave();
            Count(_underWay, run, -1);
            if (run.Request.Priority == RunPriority.Backfill)
            {
                Count(_backfills, run, -1);
            }

            FillPlaces();
        }
    }

    private void FillPlaces()
    {
        while (_places.Count > 0 && TryTakeNext() is { } run)
        {
            _places.Dequeue().SetResult(run);
        }
    }

    private ActiveRun? TryTakeNext()
    {
        foreach (var priority in Order)
        {
            Func<TenantId, bool> may = priority == RunPriority.Backfill ? MayHaveBackfill : static _ => true;
            var line = _services.Values.Where(line => line.UnderWay < mostOfService && line.Has(priority, may)).MinBy(static line => (line.UnderWay, line.LastTurn));
            if (line is not null)
            {
                var run = line.Take(priority, ++_turns, _underWay, may);
                Count(_underWay, run, 1);
                if (priority == RunPriority.Backfill)
                {
                    Count(_backfills, run, 1);
                }

                return run;
            }
        }

        return null;
    }

    private bool MayHaveBackfill(TenantId tenant) => _backfills.GetValueOrDefault(tenant) < mostBackfills;

    private static void Count(Dictionary<TenantId, int> counts, ActiveRun run, int change)
    {
        var tenant = run.Request.Tenant;
        if ((counts[tenant] = counts.GetValueOrDefault(tenant) + change) == 0)
        {
            counts.Remove(tenant);
        }
    }

    private ServiceLine LineOf(ActiveRun run)
    {
        if (!_services.TryGetValue(run.Request.Driver, out var line))
        {
            _services[run.Request.Driver] = line = new ServiceLine();
        }

        return line;
    }
}
