using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Syncing.Backfills;

/// <summary>
/// Backfills that are not done and have no run: each is gone on with when its wait is over, by a run of its own, whatever the
/// schedule does meanwhile. After a restart all of them are taken up.
/// </summary>
internal sealed partial class WaitingBackfills : BackgroundService
{
    private const int AtOnce = 4;

    /// <summary>How often is looked whether the connection syncs again.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromMinutes(1);

    /// <summary>How often is looked whether another run of the sync has ended.</summary>
    private static readonly TimeSpan s_busy = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<SyncKey, RunRequest> _waiting = new();
    private readonly DueWork<SyncKey> _work;
    private readonly IBackfills _backfills;
    private readonly RunQueue _queue;
    private readonly IRegistry _registry;
    private readonly IOptions<SyncingOptions> _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<WaitingBackfills> _logger;

    public WaitingBackfills(IBackfills backfills, RunQueue queue, IRegistry registry, IOptions<SyncingOptions> options, TimeProvider clock, ILogger<WaitingBackfills> logger)
    {
        (_backfills, _queue, _registry, _options, _clock, _logger) = (backfills, queue, registry, options, clock, logger);
        _work = new DueWork<SyncKey>(clock, AtOnce, WorkAsync);
        _queue.Ended += OnEnded;
    }

    /// <returns>The sync's backfill, where one waits; one that is at work is a run.</returns>
    public RunRequest? Find(SyncKey sync) => _waiting.GetValueOrDefault(sync);

    /// <returns>When the one that waits is gone on with, or null where it is just looked after.</returns>
    public DateTimeOffset? NextOf(SyncKey sync) => _work.DueOf(sync);

    /// <summary>What it has fetched stays.</summary>
    public Task GiveUpAsync(SyncKey sync, CancellationToken cancellationToken)
    {
        _work.Remove(sync);
        _waiting.TryRemove(sync, out _);
        return _backfills.ForgetAsync(sync, cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Ended -= OnEnded;
        await _work.DisposeAsync();
        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _queue.Recovered.WaitAsync(stoppingToken);
        foreach (var (tenant, backfill) in await _backfills.ListAsync(stoppingToken))
        {
            if (await _registry.FindAsync(Connection.Collection, backfill.Sync.Connection.Value, stoppingToken) is { } connection)
            {
                var request = new RunRequest(tenant, connection.Driver, backfill.Sync, RunTrigger.Backfill, backfill.From, backfill.To) { OnlyInQuietHours = backfill.OnlyInQuietHours };
                Wait(request, TimeSpan.Zero);
            }
        }
    }

    private void OnEnded(ActiveRun active, RunEnd end)
    {
        if (!active.Request.IsBackfill || active.IsOver(end))
        {
            return;
        }

        end = end.Outcome == SyncOutcome.RetryLater ? end : end.Rest ?? end;
        var failures = end is { Outcome: SyncOutcome.RetryLater, GoesOn: false } ? active.Request.Failures + 1 : 0;
        var wait = failures == 0 ? end.RetryAfter ?? s_look : Retries.WaitAfter(end, failures - 1, Jitter.Of(active.Request.Key, _options.Value.MaxJitter), Random.Shared.NextDouble());
        Wait(active.Request with { Trigger = RunTrigger.Backfill, Failures = failures }, wait);
    }

    private void Wait(RunRequest request, TimeSpan wait)
    {
        _waiting[request.Key] = request;
        _work.Set(request.Key, _clock.GetUtcNow() + wait);
    }

    private async Task<DateTimeOffset?> WorkAsync(SyncKey sync, CancellationToken cancellationToken)
    {
        try
        {
            if (!_waiting.TryGetValue(sync, out var waiting))
            {
                return null;
            }

            var connection = await _registry.FindAsync(Connection.Collection, sync.Connection.Value, cancellationToken);
            if (connection is not null && !SyncStanding.MayRun(connection))
            {
                return _clock.GetUtcNow() + s_look;
            }

            // First, since the run that is added may end, and wait again, before this goes on.
            _waiting.TryRemove(sync, out _);
            if (connection is null || _queue.TryAdd(waiting, out _))
            {
                return null;
            }

            _waiting.TryAdd(sync, waiting);
            return _clock.GetUtcNow() + s_busy;
        }
        catch (StorageException e)
        {
            Log.Failed(_logger, sync, e);
            return _clock.GetUtcNow() + s_look;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2070, Level = LogLevel.Error, Message = "The backfill of {Sync} could not be gone on with; it is tried again.")]
        public static partial void Failed(ILogger logger, SyncKey sync, Exception exception);
    }
}
