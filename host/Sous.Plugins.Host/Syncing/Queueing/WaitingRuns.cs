using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Syncing.Queueing;

/// <summary>
/// Runs that wait for a place, and which is next when one is free: by priority; among equals one of the service with the fewest runs
/// under way; there one of the tenant with the fewest; there the oldest. Safe for any number of threads.
/// </summary>
/// <param name="mostOfService">Places of each host that the runs of one service may take: a slow one leaves the others theirs.</param>
/// <param name="mostBackfills">Places of each host that one tenant's runs over business days may take, since they take long.</param>
internal sealed class WaitingRuns(int mostOfService, int mostBackfills)
{
    private static readonly RunPriority[] s_usual = [RunPriority.Live, RunPriority.Incremental, RunPriority.Backfill];
    private static readonly RunPriority[] s_incrementalFirst = [RunPriority.Incremental, RunPriority.Live, RunPriority.Backfill];
    private static readonly RunPriority[] s_backfillFirst = [RunPriority.Backfill, RunPriority.Incremental, RunPriority.Live];

    private readonly Lock _gate = new();
    private readonly Dictionary<DriverId, ServiceLine> _services = [];
    private readonly Dictionary<TenantId, int> _underWay = [];
    private readonly Dictionary<TenantId, int> _backfills = [];
    private readonly LinkedList<TaskCompletionSource<ActiveRun>> _places = new();
    private long _turns;
    private int _hosts = 1;

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
    /// <param name="cancellationToken">Once it is canceled the place is gone, unless a run has just taken it.</param>
    public async Task<ActiveRun> TakeAsync(CancellationToken cancellationToken)
    {
        var place = new TaskCompletionSource<ActiveRun>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _places.AddLast(place);
            FillPlaces();
        }

        await using var gone = cancellationToken.UnsafeRegister(_ => Close(place, cancellationToken), null);
        return await place.Task;
    }

    /// <summary>Another host brings its places.</summary>
    public void AddHost() => ChangeHosts(1);

    public void RemoveHost() => ChangeHosts(-1);

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

    private void ChangeHosts(int change)
    {
        lock (_gate)
        {
            _hosts += change;
            FillPlaces();
        }
    }

    private void Close(TaskCompletionSource<ActiveRun> place, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (place.TrySetCanceled(cancellationToken))
            {
                _places.Remove(place);
            }
        }
    }

    private void FillPlaces()
    {
        while (_places.First is { } place && TryTakeNext() is { } run)
        {
            _places.RemoveFirst();
            place.Value.SetResult(run);
        }
    }

    private ActiveRun? TryTakeNext()
    {
        foreach (var priority in Order)
        {
            Func<TenantId, bool> may = priority == RunPriority.Backfill ? MayHaveBackfill : static _ => true;
            var line = _services.Values.Where(line => line.UnderWay < mostOfService * _hosts && line.Has(priority, may)).MinBy(static line => (line.UnderWay, line.LastTurn));
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

    private bool MayHaveBackfill(TenantId tenant) => _backfills.GetValueOrDefault(tenant) < mostBackfills * _hosts;

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
