using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing.Backfills;
using Sous.Plugins.Host.Syncing.Helping;
using Sous.Plugins.Host.Syncing.Queueing;
using Sous.Plugins.Host.Telemetry;

namespace Sous.Plugins.Host.Syncing;

/// <summary>Runs that wait or are under way: never two of one sync, and only so many at once on each host, over all and of one service. Safe for any number of threads.</summary>
internal sealed partial class RunQueue(
    SyncRunner runner, Helpers helpers, RunEnds ends, IChangeStore store, IBackfills backfills, IRegistry registry, SyncMetrics metrics, IOptions<SyncingOptions> options, TimeProvider clock, ILogger<RunQueue> logger) : BackgroundService
{
    private static readonly TimeSpan s_sweep = TimeSpan.FromMinutes(15);

    private readonly ConcurrentDictionary<SyncKey, ActiveRun> _active = new();
    private readonly TaskCompletionSource _recovered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WaitingRuns _waiting = new(options.Value.PlacesOfService, options.Value.BackfillsOfTenant);

    /// <summary>Told of each run that ended, after another of the same sync may begin. Quick, and does not throw.</summary>
    public event Action<ActiveRun, RunEnd>? Ended;

    /// <summary>Completes when the runs that a killed host left open have been ended: no run begins before.</summary>
    public Task Recovered => _recovered.Task;

    public IEnumerable<ActiveRun> Active => _active.Values;

    /// <summary>Stops the runs under way, to go on with them later.</summary>
    /// <returns>How many.</returns>
    public int Suspend(Func<RunRequest, bool> which, string reason)
    {
        var begun = Active.Where(active => active.HasBegun && which(active.Request)).ToList();
        begun.ForEach(active => active.Suspend(reason));
        return begun.Count;
    }

    public ActiveRun? Find(SyncKey key) => _active.GetValueOrDefault(key);

    public ActiveRun? Find(string id) => _active.Values.FirstOrDefault(active => active.Run.Id == id);

    /// <returns>False where a run of the sync waits or is under way: <paramref name="run"/> is then that one.</returns>
    public bool TryAdd(RunRequest request, out ActiveRun run)
    {
        if (!TryReserve(request, out run))
        {
            return false;
        }

        _waiting.Add(run);
        return true;
    }

    /// <summary>As <see cref="TryAdd"/>, and the run is durable when the task completes: a host that is killed before its turn takes it up again.</summary>
    public async Task<(bool Added, ActiveRun Run)> AddAsync(RunRequest request, CancellationToken cancellationToken)
    {
        if (!TryReserve(request, out var run))
        {
            return (false, run);
        }

        try
        {
            await Recovered.WaitAsync(cancellationToken);
            run.Begin(await store.BeginRunAsync(run.Run, cancellationToken));
            if (request is { IsBackfill: true, From: { } first })
            {
                await backfills.OpenAsync(new Backfill(request.Key, first, request.To ?? first, request.OnlyInQuietHours), cancellationToken);
            }
        }
        catch
        {
            // Others may wait for it by now.
            var end = new RunEnd(SyncOutcome.Canceled, "It could not be stored, and never began.");
            Leave(run, await EndAsync(run, end), end);
            throw;
        }

        _waiting.Add(run);
        return (true, run);
    }

    public override void Dispose()
    {
        base.Dispose();
        foreach (var active in Active)
        {
            active.Dispose();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await RecoverAsync(stoppingToken);
            _recovered.SetResult();
        }
        catch (Exception e)
        {
            _recovered.TrySetException(e);
            throw;
        }

        await Task.WhenAll([WorkAsync(null, options.Value.MaxConcurrentRuns, stoppingToken), BeHelpedAsync(stoppingToken), SweepAsync(stoppingToken)]);
    }

    /// <summary>Gives places to the runs of each host that helps, for as long as it does.</summary>
    private async Task BeHelpedAsync(CancellationToken stopping)
    {
        var helped = new List<Task>();
        try
        {
            await foreach (var helper in helpers.ReadJoinedAsync(stopping))
            {
                helped.RemoveAll(static task => task.IsCompletedSuccessfully);
                helped.Add(BeHelpedAsync(helper, stopping));
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await Task.WhenAll(helped);
        }
    }

    private async Task BeHelpedAsync(Helper helper, CancellationToken stopping)
    {
        Log.Helped(logger, helper.Name, helper.Places);
        _waiting.AddHost();
        try
        {
            await WorkAsync(helper, helper.Places, stopping);
        }
        finally
        {
            _waiting.RemoveHost();
            Log.Alone(logger, helper.Name);
        }
    }

    private async Task RecoverAsync(CancellationToken cancellationToken)
    {
        foreach (var open in await store.ListOpenRunsAsync(cancellationToken))
        {
            await store.EndRunAsync(open with { Outcome = SyncOutcome.RetryLater, Reason = "The host stopped while it ran.", EndedAt = clock.GetUtcNow() }, [], cancellationToken);
            Log.TakenUp(logger, open.Id, new SyncKey(open.Connection, open.Stream));
        }
    }

    /// <summary>Ends what is open in the store though nobody executes it, as where the store took a run's beginning and could not say so.</summary>
    private async Task SweepAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(s_sweep, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                await SweepOnceAsync(stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
    }

    private async Task SweepOnceAsync(CancellationToken stopping)
    {
        try
        {
            // Before the store is read: a run that ends in between is known here still.
            var known = Active.Select(static active => active.Run.Id).Concat(ends.NotStored).ToHashSet(StringComparer.Ordinal);
            var before = clock.GetUtcNow() - options.Value.RunTimeout - s_sweep;
            foreach (var open in (await store.ListOpenRunsAsync(stopping)).Where(open => open.StartedAt < before && !known.Contains(open.Id)))
            {
                await store.EndRunAsync(open with { Outcome = SyncOutcome.RetryLater, Reason = "It was left open, and nobody executes it.", EndedAt = clock.GetUtcNow() }, [], stopping);
                Log.LeftOpen(logger, open.Id, new SyncKey(open.Connection, open.Stream));
            }
        }
        catch (StorageException e)
        {
            Log.NotSwept(logger, e);
        }
    }

    private bool TryReserve(RunRequest request, out ActiveRun run)
    {
        // One dictionary entry is what keeps two runs of a sync apart within a host; over hosts it is the fence.
        var mine = new ActiveRun(request, clock.GetUtcNow());
        run = _active.GetOrAdd(request.Key, mine);
        run.GivesWay |= run != mine && !request.IsBackfill;
        return run == mine;
    }

    private Task WorkAsync(Helper? helper, int places, CancellationToken stopping)
        => Task.WhenAll(Enumerable.Range(0, places).Select(_ => Task.Run(() => WorkAsync(helper, stopping), CancellationToken.None)));

    private async Task WorkAsync(Helper? helper, CancellationToken stopping)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping, helper?.Gone ?? CancellationToken.None);
        try
        {
            while (true)
            {
                var active = await _waiting.TakeAsync(over.Token);
                await RunAsync(active, helper, stopping);
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // What still waits goes to another place. Where the host stops it was never begun, or stands in the store as open: the next start takes it up.
        }
    }

    private async Task RunAsync(ActiveRun active, Helper? helper, CancellationToken stopping)
    {
        metrics.Began(active, clock.GetUtcNow());
        using var span = HostTrace.Begin("sous.run")?
            .SetTag(HostMeter.Driver, active.Request.Driver.Value)
            .SetTag(HostMeter.Stream, active.Request.Key.Stream.Value)
            .SetTag(HostMeter.Trigger, active.Request.Trigger)
            .SetTag(HostTrace.Connection, active.Request.Key.Connection.Value)
            .SetTag(HostTrace.Run, active.Run.Id);
        var (run, end) = await TryRunAsync(active, helper, stopping);
        span.End(run.Outcome, run.Outcome is SyncOutcome.Completed or SyncOutcome.Canceled, run.Reason);
        await CloseAsync(active, end);
        _waiting.Leave(active);
        Leave(active, run, end);
    }

    private void Leave(ActiveRun active, SyncRun run, RunEnd end)
    {
        // In this order: whoever sees that it has ended may want the next one at once.
        _active.TryRemove(active.Request.Key, out _);
        active.Finish(run, end);
        if (active.HasBegun)
        {
            metrics.Ended(active, run);
        }

        Ended?.Invoke(active, end);
        active.Dispose();
    }

    private async Task<(SyncRun Run, RunEnd End)> TryRunAsync(ActiveRun active, Helper? helper, CancellationToken stopping)
    {
        var end = new RunEnd(SyncOutcome.Canceled, "The connection does not sync at present.");
        try
        {
            // Read now and not when it was due: it may have been paused, or have lost its grant, while it waited.
            var connection = await registry.FindAsync(Connection.Collection, active.Request.Key.Connection.Value, stopping);
            if (active.Canceled.IsCancellationRequested)
            {
                end = active.EndOfCancel;
            }
            else if (connection is not null && SyncStanding.MayRun(connection))
            {
                return await runner.RunAsync(active, connection, helper, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            end = new RunEnd(SyncOutcome.RetryLater, "The host stopped before it began.", Trouble.Waiting) { StopsRun = true };
        }
        catch (Exception e)
        {
            Log.HostFailed(logger, active.Request.Key, e);
            end = e is StorageException ? new RunEnd(SyncOutcome.RetryLater, e.Message, Trouble.Storage) : new RunEnd(SyncOutcome.RetryLater, "The host failed; its log says how.", Trouble.HostDefect);
            end = end with { StopsRun = true };
        }

        return (await EndAsync(active, end), end);
    }

    private async Task CloseAsync(ActiveRun active, RunEnd end)
    {
        if (!active.Request.IsBackfill || !active.IsOver(end))
        {
            return;
        }

        try
        {
            await backfills.ForgetAsync(active.Request.Key, CancellationToken.None);
        }
        catch (StorageException e)
        {
            // The next start takes it up, and finds what is done.
            Log.HostFailed(logger, active.Request.Key, e);
        }
    }

    private async Task<SyncRun> EndAsync(ActiveRun active, RunEnd end)
    {
        var run = active.Run with { Outcome = end.Outcome, Reason = end.Reason, EndedAt = clock.GetUtcNow() };
        if (active.HasBegun)
        {
            await ends.StoreAsync(run, active.FetchesOf(end));
        }

        return run;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2016, Level = LogLevel.Information, Message = "The host {Helper} helps: it carries out up to {Places} runs at once.")]
        public static partial void Helped(ILogger logger, string helper, int places);

        [LoggerMessage(EventId = 2017, Level = LogLevel.Information, Message = "The host {Helper} helps no more.")]
        public static partial void Alone(ILogger logger, string helper);

        [LoggerMessage(EventId = 2014, Level = LogLevel.Warning, Message = "Run {Run} of {Sync} was open in the store and nobody executes it: it is ended.")]
        public static partial void LeftOpen(ILogger logger, string run, SyncKey sync);

        [LoggerMessage(EventId = 2015, Level = LogLevel.Warning, Message = "The store could not be asked for runs that were left open; it is asked again.")]
        public static partial void NotSwept(ILogger logger, Exception exception);

        [LoggerMessage(EventId = 2011, Level = LogLevel.Information, Message = "Run {Run} of {Sync} was cut off when the host stopped; it is taken up again.")]
        public static partial void TakenUp(ILogger logger, string run, SyncKey sync);

        [LoggerMessage(EventId = 2010, Level = LogLevel.Error, Message = "The run of {Sync} failed in the host itself.")]
        public static partial void HostFailed(ILogger logger, SyncKey sync, Exception exception);
    }
}
