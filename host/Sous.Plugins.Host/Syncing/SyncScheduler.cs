using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Syncing;

/// <summary>
/// Says when each sync runs: by its schedule in each of its time zones, once at the start where it is overdue, and again
/// after a failure that nobody has to act on. A run covers all of a connection's locations, whichever zone made it due.
/// </summary>
internal sealed partial class SyncScheduler : BackgroundService
{
    private static readonly BackOff s_backOff = new(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(30));

    /// <summary>A defect is as a rule met again at the next try, and nobody mends it within the hour.</summary>
    private static readonly BackOff s_afterDefect = new(TimeSpan.FromMinutes(30), TimeSpan.FromHours(6));

    private readonly ConcurrentDictionary<ConnectionId, IReadOnlyList<SyncStanding>> _connections = new();
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _loading = new(1);
    private readonly Timetable<SyncDue> _timetable;
    private readonly SyncDirectory _syncs;
    private readonly RunQueue _queue;
    private readonly IChangeStore _store;
    private readonly IRegistry _registry;
    private readonly IOptions<SyncingOptions> _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<SyncScheduler> _logger;

    public SyncScheduler(
        SyncDirectory syncs, RunQueue queue, IChangeStore store, IRegistry registry, IOptions<SyncingOptions> options, TimeProvider clock, ILogger<SyncScheduler> logger)
    {
        (_syncs, _queue, _store, _registry, _options, _clock, _logger) = (syncs, queue, store, registry, options, clock, logger);
        _timetable = new Timetable<SyncDue>(clock, OnDue);
        _queue.Ended += OnEnded;
    }

    /// <summary>Takes a connection up: what is overdue or was never run runs now, the rest by its schedule. Also after a reconnect or a pause.</summary>
    public Task ResumeAsync(ConnectionId connection, CancellationToken cancellationToken) => LoadAsync(connection, null, cancellationToken);

    /// <summary>A sync of the connection was changed, or its locations were: its schedules are read again, from now.</summary>
    public Task ChangedAsync(ConnectionId connection, CancellationToken cancellationToken) => LoadAsync(connection, _clock.GetUtcNow(), cancellationToken);

    /// <summary>Nothing of the connection runs any more when the task completes: what is under way is stopped.</summary>
    public async Task RemoveAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_connections.TryRemove(connection, out var standings))
            {
                Unschedule(standings);
            }
        }

        foreach (var active in _queue.Active.Where(active => active.Request.Key.Connection == connection))
        {
            active.Cancel();
            await active.Ended.WaitAsync(cancellationToken);
        }
    }

    /// <returns>When the sync runs next by itself, or null where it does not.</returns>
    public DateTimeOffset? NextOf(SyncKey key) => TryFind(key, out var standing)
        ? DuesOf(standing).Select(_timetable.DueOf).Min()
        : null;

    /// <returns>Why the sync does not run by itself, one sentence, or null.</returns>
    public string? ProblemOf(SyncKey key) => TryFind(key, out var standing) ? standing.Problem ?? standing.Stopped : null;

    public override void Dispose()
    {
        _queue.Ended -= OnEnded;
        _timetable.Dispose();
        _loading.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var connection in await _registry.ListAsync(Connection.Collection, "", stoppingToken))
        {
            await ResumeAsync(connection.Id, stoppingToken);
        }
    }

    /// <param name="since">Nothing is due before it; null for the last run's start.</param>
    private async Task LoadAsync(ConnectionId id, DateTimeOffset? since, CancellationToken cancellationToken)
    {
        // Before that a run that was cut off still counts as under way, and would not be taken up.
        await _queue.Recovered.WaitAsync(cancellationToken);
        await _loading.WaitAsync(cancellationToken);
        try
        {
            var connection = await _registry.FindAsync(Connection.Collection, id.Value, cancellationToken);
            var read = new List<(SyncStanding Standing, SyncRun? Last)>();
            if (connection is not null && SyncStanding.IsScheduled(connection))
            {
                foreach (var sync in await _syncs.ListAsync(connection, cancellationToken))
                {
                    var last = await _store.FindLastWholeRunAsync(id, sync.Stream, cancellationToken);
                    read.Add((await StandAsync(connection, sync, cancellationToken), last));
                }
            }

            lock (_gate)
            {
                Replace(id, read, since);
            }
        }
        finally
        {
            _loading.Release();
        }
    }

    private async Task<SyncStanding> StandAsync(Connection connection, Sync sync, CancellationToken cancellationToken)
    {
        var zones = await _syncs.ListZonesAsync(connection, sync, cancellationToken);
        if (!CronSchedule.TryParse(sync.Schedule, out var schedule, out var problem))
        {
            Log.BadSchedule(_logger, sync.Key, problem);
        }

        return new SyncStanding(connection, sync, zones)
        {
            Schedule = schedule,
            Problem = !sync.Enabled ? "It is disabled." : zones.Count == 0 ? "No location of the connection is known yet." : problem,
        };
    }

    private void Replace(ConnectionId id, List<(SyncStanding Standing, SyncRun? Last)> read, DateTimeOffset? since)
    {
        var now = _clock.GetUtcNow();
        var before = _connections.GetValueOrDefault(id) ?? [];
        // A wait that a service asked for outlives a change of the schedule.
        var retries = before.ToDictionary(static old => old.Sync.Key, old => _timetable.DueOf(new SyncDue(old.Sync.Key, null)));
        Unschedule(before);
        _connections[id] = [.. read.Select(static pair => pair.Standing)];
        foreach (var (standing, last) in read.Where(static pair => pair.Standing.Problem is null))
        {
            if (before.FirstOrDefault(old => old.Sync.Key == standing.Sync.Key) is { } old)
            {
                (standing.Failures, standing.Retry, standing.Again) = (old.Failures, old.Retry, old.Again);
                // What was resumed, or has another driver, is tried at once.
                (standing.Defects, standing.NotBefore) = since is null ? default : (old.Defects, old.NotBefore);
            }

            if (standing.Retry is null && _queue.Find(standing.Sync.Key) is null or { Request.IsOthers: true })
            {
                standing.Retry = LeftUndone(standing, last);
            }

            if (standing.Retry is not null)
            {
                _timetable.Set(new SyncDue(standing.Sync.Key, null), retries.GetValueOrDefault(standing.Sync.Key) ?? now);
            }

            foreach (var zone in standing.Zones)
            {
                Schedule(standing, zone, since ?? last?.StartedAt ?? now);
            }
        }
    }

    private static RunRequest? LeftUndone(SyncStanding standing, SyncRun? last) => last switch
    {
        null => standing.Request(RunTrigger.Connect),
        { Outcome: SyncOutcome.RetryLater or SyncOutcome.NeedsReconnect } => standing.Request(last.Trigger) with { From = last.From, To = last.To },
        _ when last.StartedAt < standing.SettingsChangedAt => standing.Request(RunTrigger.Settings),
        _ => null,
    };

    private void Schedule(SyncStanding standing, TimeZoneInfo zone, DateTimeOffset after)
    {
        if (standing.Schedule?.Next(after > standing.NotBefore ? after : standing.NotBefore, zone, standing.Sync.QuietHours, Jitter.Of(standing.Sync.Key, _options.Value.MaxJitter)) is { } due)
        {
            _timetable.Set(new SyncDue(standing.Sync.Key, zone.Id), due);
        }
    }

    private void Unschedule(IEnumerable<SyncStanding> standings)
    {
        foreach (var due in standings.SelectMany(DuesOf))
        {
            _timetable.Remove(due);
        }
    }

    private static IEnumerable<SyncDue> DuesOf(SyncStanding standing)
        => standing.Zones.Select(zone => new SyncDue(standing.Sync.Key, zone.Id)).Append(new SyncDue(standing.Sync.Key, null));

    private bool TryFind(SyncKey key, [NotNullWhen(true)] out SyncStanding? standing)
    {
        standing = _connections.GetValueOrDefault(key.Connection)?.FirstOrDefault(candidate => candidate.Sync.Key == key);
        return standing is not null;
    }

    private void OnDue(SyncDue due, DateTimeOffset at)
    {
        lock (_gate)
        {
            if (!TryFind(due.Sync, out var standing))
            {
                return;
            }

            if (due.Zone is null)
            {
                (var retry, standing.Retry) = (standing.Retry, null);
                Start(standing, retry);
            }
            else if (standing.Zones.FirstOrDefault(zone => zone.Id == due.Zone) is { } zone)
            {
                // From now and not from when it was due: what was missed meanwhile is made up for by one run.
                var now = _clock.GetUtcNow();
                Schedule(standing, zone, at > now ? at : now);
                // A run that is to be tried again keeps its own time; only one of a range must not hold the schedule up.
                Start(standing, standing.Retry is { From: null } ? null : standing.Request(RunTrigger.Schedule) with { Zone = due.Zone });
            }
        }
    }

    private void Start(SyncStanding standing, RunRequest? request)
    {
        if (request is null || _queue.TryAdd(request, out var other))
        {
            return;
        }

        // One that still waits will cover every location, unless somebody asked for some of them; one under way may have passed this zone's.
        if (other.Request.IsOthers || (other.HasBegun && (request.Zone != other.Request.Zone || request.From is not null)))
        {
            standing.Again = request;
        }

        Log.Overlaps(_logger, request.Key, other.Run.Id);
    }

    private void OnEnded(ActiveRun active, RunEnd end)
    {
        lock (_gate)
        {
            if (!TryFind(active.Request.Key, out var standing))
            {
                return;
            }

            (var again, standing.Again) = (standing.Again, null);
            if (active.Request.IsOthers && end.Outcome == SyncOutcome.RetryLater)
            {
                // Whoever asked for it tries it again; here it would stand in the way of a run of all locations.
                Start(standing, again);
                return;
            }

            standing.Failures = end.Outcome == SyncOutcome.RetryLater ? standing.Failures + 1 : 0;
            switch (end)
            {
                case { Outcome: SyncOutcome.RetryLater }:
                    standing.Retry = active.Request;
                    _timetable.Set(new SyncDue(active.Request.Key, null), _clock.GetUtcNow() + (end.RetryAfter ?? s_backOff.After(standing.Failures - 1, null)));
                    break;
                case { Outcome: SyncOutcome.NeedsReconnect } or { Outcome: SyncOutcome.NeedsAttention, Actor: Actor.Operator, IsPartial: false }:
                    standing.Stopped = end.Reason;
                    Unschedule([standing]);
                    break;
                case { Outcome: SyncOutcome.NeedsAttention, Actor: Actor.DriverAuthor, IsPartial: false }:
                    SlowDown(standing);
                    Start(standing, again);
                    break;
                default:
                    TakeUpAgain(standing, end);
                    Start(standing, again);
                    break;
            }
        }
    }

    /// <summary>The schedule goes on, and leaves out more and more.</summary>
    private void SlowDown(SyncStanding standing)
    {
        var now = _clock.GetUtcNow();
        standing.NotBefore = now + s_afterDefect.After(standing.Defects++, null);
        ScheduleAll(standing, now);
    }

    /// <summary>A run went well: what had stopped the schedule, or slowed it down, is gone.</summary>
    private void TakeUpAgain(SyncStanding standing, RunEnd end)
    {
        if (end.Outcome != SyncOutcome.Completed || (standing.Stopped is null && standing.Defects == 0))
        {
            return;
        }

        (standing.Stopped, standing.Defects, standing.NotBefore) = (null, 0, default);
        ScheduleAll(standing, _clock.GetUtcNow());
    }

    private void ScheduleAll(SyncStanding standing, DateTimeOffset after)
    {
        foreach (var zone in standing.Zones)
        {
            Schedule(standing, zone, after);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2020, Level = LogLevel.Warning, Message = "Sync {Sync} is not scheduled. {Problem}")]
        public static partial void BadSchedule(ILogger logger, SyncKey sync, string problem);

        [LoggerMessage(EventId = 2021, Level = LogLevel.Debug, Message = "Sync {Sync} is due while its run {Run} waits or is under way: passed over.")]
        public static partial void Overlaps(ILogger logger, SyncKey sync, string run);
    }
}
