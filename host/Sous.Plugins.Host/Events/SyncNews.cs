using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Events;

/// <summary>
/// Tells that the runs of a stream have begun to fail, not that each of them did: at once where somebody must act, and with the second
/// in a row where it is tried again by itself, since one that the next makes good is nobody's news. A host that starts looks at what
/// the one before it left: that may have ended before it told, and of runs that were cut off nobody was told yet.
/// </summary>
internal sealed partial class SyncNews : BackgroundService
{
    private const int AtOnce = 4;

    // The run itself, those before it back to one that went well, and room for those that began since.
    private const int MostRuns = 10;

    private static readonly TimeSpan s_tryAgain = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();

    // By their fencing numbers: one that ends while the host looks at what was left may be known before those that it follows.
    private readonly Dictionary<SyncKey, PriorityQueue<(SyncRun Run, Actor Actor), long>> _failed = [];
    private readonly TaskCompletionSource _takenUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly DueWork<SyncKey> _work;
    private readonly RunQueue _queue;
    private readonly SyncDirectory _syncs;
    private readonly IChangeStore _store;
    private readonly IRegistry _registry;
    private readonly EventLog _events;
    private readonly TimeProvider _clock;
    private readonly ILogger<SyncNews> _logger;

    public SyncNews(
        RunQueue queue, SyncDirectory syncs, ConnectionEvents connections, IChangeStore store, IRegistry registry, EventLog events, TimeProvider clock, ILogger<SyncNews> logger)
    {
        (_queue, _syncs, _store, _registry, _events, _clock, _logger) = (queue, syncs, store, registry, events, clock, logger);
        _work = new DueWork<SyncKey>(clock, AtOnce, WorkAsync);
        connections.OnLeaving(LeaveAsync);
        queue.Ended += (active, end) =>
        {
            if (IsFailure(active.Run) && !end.GoesOn && !active.IsToldLater(end) && active.HasBegun)
            {
                Add(active.Request.Key, active.Run, end.Actor);
            }
        };
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await _work.DisposeAsync();
        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await _queue.Recovered.WaitAsync(stoppingToken);
            foreach (var connection in (await _registry.ListAsync(Connection.Collection, "", stoppingToken)).Where(static connection => !connection.IsGone))
            {
                foreach (var sync in await _syncs.ListAsync(connection, stoppingToken))
                {
                    await TakeUpAsync(sync.Key, stoppingToken);
                }
            }
        }
        finally
        {
            _takenUp.TrySetResult();
        }
    }

    private static bool IsFailure(SyncRun run)
        => SaysSomething(run) && run.Outcome is SyncOutcome.RetryLater or SyncOutcome.Suspect or SyncOutcome.NeedsAttention or SyncOutcome.NeedsReconnect;

    /// <summary>Not one that was canceled; nor one over business days that is not done, which gives way to others and goes on by itself.</summary>
    private static bool SaysSomething(SyncRun run) => run is not ({ Outcome: SyncOutcome.Canceled } or { Outcome: SyncOutcome.RetryLater, From: not null });

    /// <summary>The failures since a run last went well, told or not. Who must act is known by what they left of the stream's scopes.</summary>
    private async Task TakeUpAsync(SyncKey sync, CancellationToken cancellationToken)
    {
        var runs = await _store.ListRunsAsync(sync.Connection, sync.Stream, MostRuns, cancellationToken);
        foreach (var failed in runs.TakeWhile(static run => run.Outcome != SyncOutcome.Completed).Where(IsFailure).Reverse())
        {
            var fetches = await _store.ListFetchesAsync(sync.Connection, sync.Stream, cancellationToken);
            Add(sync, failed, fetches.Select(static fetch => fetch.Trouble?.WhoMustAct() ?? Actor.Nobody).FirstOrDefault(static actor => actor != Actor.Nobody));
        }
    }

    private void Add(SyncKey sync, SyncRun failed, Actor actor)
    {
        lock (_gate)
        {
            if (!_failed.TryGetValue(sync, out var failures))
            {
                _failed.Add(sync, failures = new());
            }

            failures.Enqueue((failed, actor), failed.Fence);
        }

        _work.Set(sync, _clock.GetUtcNow());
    }

    /// <summary>Nothing is told of a connection that is gone, and what was told need not be known.</summary>
    private Task LeaveAsync(Connection connection, CancellationToken cancellationToken) => connection.KeepsRecords ? Task.CompletedTask : _registry.WriteAsync(
        transaction =>
        {
            foreach (var told in transaction.List(ToldFailure.Collection, $"{connection.Id}/"))
            {
                transaction.Delete(ToldFailure.Collection, ToldFailure.Collection.KeyOf(told));
            }
        },
        cancellationToken);

    private async Task<DateTimeOffset?> WorkAsync(SyncKey sync, CancellationToken cancellationToken)
    {
        try
        {
            await _takenUp.Task.WaitAsync(cancellationToken);
            while (Next(sync) is { } failed)
            {
                if (await IsNewsAsync(sync, failed.Run, cancellationToken))
                {
                    await _events.WriteAsync(transaction => Tell(transaction, sync, failed.Run, failed.Actor), cancellationToken);
                }

                Forget(sync, failed.Run);
            }

            return null;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.Failed(_logger, sync, e);
            return _clock.GetUtcNow() + s_tryAgain;
        }
    }

    private (SyncRun Run, Actor Actor)? Next(SyncKey sync)
    {
        lock (_gate)
        {
            return _failed.TryGetValue(sync, out var failures) && failures.TryPeek(out var failed, out _) ? failed : null;
        }
    }

    /// <summary>What a sync failed at is looked at once; of one that is well nothing is kept.</summary>
    private void Forget(SyncKey sync, SyncRun run)
    {
        lock (_gate)
        {
            if (_failed.TryGetValue(sync, out var failures) && failures.TryPeek(out var first, out _) && first.Run == run)
            {
                failures.Dequeue();
                if (failures.Count == 0)
                {
                    _failed.Remove(sync);
                }
            }
        }
    }

    private async ValueTask<bool> IsNewsAsync(SyncKey sync, SyncRun failed, CancellationToken cancellationToken)
    {
        var told = await FindToldAsync(sync, cancellationToken);
        if (told?.Fence >= failed.Fence)
        {
            return false;
        }

        var before = (await _store.ListRunsAsync(sync.Connection, sync.Stream, MostRuns, cancellationToken))
            .Where(run => run.Fence < failed.Fence && SaysSomething(run)).ToList();
        if (before.Exists(run => run.Fence > told?.Fence && run.Outcome == SyncOutcome.Completed))
        {
            // The trouble that was told of is over.
            told = null;
        }

        return failed.Outcome == SyncOutcome.RetryLater
            ? told is null && before is [var last, ..] && IsFailure(last)
            : (told?.Outcome, told?.Reason) != (failed.Outcome, failed.Reason);
    }

    private async ValueTask<SyncRun?> FindToldAsync(SyncKey sync, CancellationToken cancellationToken)
        => await _registry.FindAsync(ToldFailure.Collection, Sync.KeyOf(sync), cancellationToken) is { } told ? await _store.FindRunAsync(told.Run, cancellationToken) : null;

    private void Tell(IRegistryTransaction transaction, SyncKey sync, SyncRun failed, Actor actor)
    {
        if (transaction.Find(Connection.Collection, sync.Connection.Value) is { IsGone: false } connection)
        {
            EventLog.Append(transaction, Compose(connection, failed, actor));
            transaction.Put(ToldFailure.Collection, new ToldFailure(sync.Connection, sync.Stream, failed.Id));
        }
    }

    private PlatformEvent Compose(Connection connection, SyncRun failed, Actor actor) => new()
    {
        Type = "sync.failed",
        Tenant = connection.Tenant,
        At = failed.EndedAt ?? _clock.GetUtcNow(),
        Connection = connection.Id,
        Driver = connection.Driver,
        Stream = failed.Stream.Value,
        Run = failed.Id,
        Cause = failed.Reason,
        Actor = actor == Actor.Nobody ? null : actor,
    };

    private static partial class Log
    {
        [LoggerMessage(EventId = 3201, Level = LogLevel.Error, Message = "That the runs of {Sync} fail could not be told; it is tried again.")]
        public static partial void Failed(ILogger logger, SyncKey sync, Exception exception);
    }
}
