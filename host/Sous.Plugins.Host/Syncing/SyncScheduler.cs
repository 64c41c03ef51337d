using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Locations;
using Sous.Plugins.Host.Storage;

namespace Sous.Plugins.Host.Syncing;

/// <summary>
/// Says when each sync runs: by its schedule in each of its time zones, once at the start where it is overdue, and again
/// after a failure that nobody has to act on. A run covers all of a connection's locations, whichever zone made it due.
/// </summary>
internal sealed partial class SyncScheduler : BackgroundService
{
    /// <summary>Connections whose stores are read together at the start: their number is bounded, so memory is too, and whoever changes one waits for no more.</summary>
    private const int ReadTogether = 1000;

    // What was begun later than this from now was begun by a clock that was wrong.
    private static readonly TimeSpan s_farAhead = TimeSpan.FromDays(1);

    private readonly Dictionary<ConnectionId, SyncStanding[]> _connections = [];
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _loading = new(1);
    private readonly Timetable<SyncDue> _timetable;
    private readonly SyncStandings _standings;
    private readonly RunQueue _queue;
    private readonly IRegistry _registry;
    private readonly IOptions<SyncingOptions> _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<SyncScheduler> _logger;

    public SyncScheduler(
        SyncDirectory syncs, RunQueue queue, IChangeStore store, IRegistry registry, IOptions<SyncingOptions> options, TimeProvider clock, ILogger<SyncScheduler> logger)
    {
        (_queue, _registry, _options, _clock, _logger) = (queue, registry, options, clock, logger);
        _standings = new SyncStandings(syncs, store, registry, logger);
        _timetable = new Timetable<SyncDue>(clock, OnDue, OnClockWentFarBack);
        _queue.Ended += OnEnded;
    }

    /// <summary>Takes a connection up: what is overdue or was never run runs now, the rest by its schedule. Also after a reconnect or a pause.</summary>
    public Task ResumeAsync(ConnectionId connection, CancellationToken cancellationToken) => LoadAsync([connection], null, cancellationToken);

    /// <summary>The same for many.</summary>
    public async Task ResumeAsync(IEnumerable<ConnectionId> connections, CancellationToken cancellationToken)
    {
        foreach (var some in connections.Chunk(ReadTogether))
        {
            await LoadAsync(some, null, cancellationToken);
        }
    }

    /// <summary>A sync of the connection was changed, or its locations were: its schedules are read again, from now.</summary>
    public Task ChangedAsync(ConnectionId connection, CancellationToken cancellationToken) => LoadAsync([connection], _clock.GetUtcNow(), cancellationToken);

    /// <summary>Nothing of the connection runs any more when the task completes: what is under way is stopped.</summary>
    public async Task RemoveAsync(ConnectionId connection, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_connections.Remove(connection, out var standings))
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

    /// <summary>Runs a sync at once, or right after the run that is under way.</summary>
    public void RunSoon(SyncKey key)
    {
        lock (_gate)
        {
            if (TryFind(key, out var standing) && standing.Request(RunTrigger.Request) is var request && !_queue.TryAdd(request, out _))
            {
                standing.Setback = standing.Setback with { Again = request };
            }
        }
    }

    /// <returns>When the sync runs next by itself, or null where it does not.</returns>
    public DateTimeOffset? NextOf(SyncKey key)
    {
        lock (_gate)
        {
            return !TryFind(key, out var standing) ? null
                : standing.Setback.Retry is { From: null } ? _timetable.DueOf(new SyncDue(standing, SyncDue.Retry))
                : standing.Dues.Select(_timetable.DueOf).Min();
        }
    }

    /// <returns>Why the sync does not run by itself, one sentence, or null.</returns>
    public string? ProblemOf(SyncKey key)
    {
        lock (_gate)
        {
            return TryFind(key, out var standing) ? standing.Problem ?? standing.Setback.Stopped ?? standing.Setback.Paused : null;
        }
    }

    public override void Dispose()
    {
        _queue.Ended -= OnEnded;
        _timetable.Dispose();
        _loading.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        => await ResumeAsync((await _registry.ListAsync(Connection.Collection, "", stoppingToken)).Select(static connection => connection.Id), stoppingToken);

    /// <param name="since">Nothing is due before it; null for the last run's start.</param>
    private async Task LoadAsync(ConnectionId[] ids, DateTimeOffset? since, CancellationToken cancellationToken)
    {
        // Before that a run that was cut off still counts as under way, and would not be taken up.
        await _queue.Recovered.WaitAsync(cancellationToken);
        await _loading.WaitAsync(cancellationToken);
        try
        {
            foreach (var (id, connection, standings) in await _standings.ReadAsync(ids, cancellationToken))
            {
                lock (_gate)
                {
                    Replace(id, standings, connection?.SettingsChangedAt, since);
                }
            }
        }
        finally
        {
            _loading.Release();
        }
    }

    private void Replace(ConnectionId id, (SyncStanding Standing, SyncRun? Last)[] read, DateTimeOffset? settingsChangedAt, DateTimeOffset? since)
    {
        var now = _clock.GetUtcNow();
        var before = _connections.GetValueOrDefault(id) ?? [];
        // A wait that a service asked for outlives a change of the schedule.
        var retries = before.ToDictionary(static old => old.Key, old => _timetable.DueOf(new SyncDue(old, SyncDue.Retry)));
        Unschedule(before);
        _connections[id] = [.. read.Select(static pair => pair.Standing)];
        foreach (var (standing, last) in read.Where(static pair => pair.Standing.Problem is null))
        {
            if (before.FirstOrDefault(old => old.Key == standing.Key) is { } old)
            {
                var kept = old.Setback with { Stopped = null };
                // What was resumed, or has another driver, is tried at once.
                standing.Setback = since is null ? kept with { Defects = 0, NotBefore = default, Since = null, Paused = null } : kept;
            }

            if (standing.Setback.Retry is null && _queue.Find(standing.Key) is null or { Request.IsOthers: true })
            {
                standing.Setback = standing.Setback with { Retry = LeftUndone(standing, last, settingsChangedAt) };
            }

            if (standing.Setback.Retry is not null)
            {
                _timetable.Set(new SyncDue(standing, SyncDue.Retry), retries.GetValueOrDefault(standing.Key) ?? now);
            }

            ScheduleAll(standing, since ?? (last is not null && last.StartedAt - now < s_farAhead ? last.StartedAt : now));
        }
    }

    private static RunRequest? LeftUndone(SyncStanding standing, SyncRun? last, DateTimeOffset? settingsChangedAt) => last switch
    {
        null => standing.Request(RunTrigger.Connect),
        { Outcome: SyncOutcome.RetryLater or SyncOutcome.NeedsReconnect } => standing.Request(last.Trigger),
        _ when last.StartedAt < settingsChangedAt => standing.Request(RunTrigger.Settings),
        _ => null,
    };

    private void ScheduleAll(SyncStanding standing, DateTimeOffset after)
    {
        for (var zone = 0; zone < standing.Zones.Count; zone++)
        {
            Schedule(standing, zone, after);
        }
    }

    private void Schedule(SyncStanding standing, int zone, DateTimeOffset after)
    {
        var notBefore = standing.Setback.NotBefore;
        if (standing.Schedule?.Next(after > notBefore ? after : notBefore, standing.Zones[zone], standing.QuietHours, Jitter.Of(standing.Key, _options.Value.MaxJitter)) is { } due)
        {
            _timetable.Set(new SyncDue(standing, zone), due);
        }
    }

    private void Unschedule(IEnumerable<SyncStanding> standings)
    {
        foreach (var due in standings.SelectMany(static standing => standing.Dues))
        {
            _timetable.Remove(due);
        }
    }

    private bool TryFind(SyncKey key, [NotNullWhen(true)] out SyncStanding? standing)
    {
        standing = _connections.GetValueOrDefault(key.Connection)?.FirstOrDefault(candidate => candidate.Key == key);
        return standing is not null;
    }

    private void OnDue(SyncDue due, DateTimeOffset at)
    {
        lock (_gate)
        {
            // It may have been read anew since it was taken out of the timetable, from a moment after it was due.
            if (!TryFind(due.Standing.Key, out var standing))
            {
                return;
            }

            if (due.Zone == SyncDue.Retry)
            {
                var retry = standing.Setback.Retry;
                standing.Setback = standing.Setback with { Retry = null };
                Start(standing, retry);
            }
            else if (PlaceOf(due.Standing.Zones[due.Zone], standing) is { } zone)
            {
                // From now and not from when it was due: what was missed meanwhile is made up for by one run.
                var now = _clock.GetUtcNow();
                Schedule(standing, zone, at > now ? at : now);
                // A run that is to be tried again keeps its own time.
                Start(standing, standing.Setback.Retry is not null ? null : standing.Request(RunTrigger.Schedule) with { Zone = standing.Zones[zone].Id, DueAt = at });
            }
        }
    }

    /// <summary>What was put off to a time that is long in coming is due by the time it is now.</summary>
    private void OnClockWentFarBack()
    {
        Log.ClockWentBack(_logger);
        lock (_gate)
        {
            var now = _clock.GetUtcNow();
            foreach (var standing in _connections.Values.SelectMany(static standings => standings).Where(static standing => standing is { Problem: null, Setback.Stopped: null }))
            {
                standing.Setback = standing.Setback with { NotBefore = default };
                ScheduleAll(standing, now);
                if (standing.Setback.Retry is not null)
                {
                    _timetable.Set(new SyncDue(standing, SyncDue.Retry), now);
                }
            }
        }
    }

    private static int? PlaceOf(TimeZoneInfo zone, SyncStanding standing)
        => Enumerable.Range(0, standing.Zones.Count).Where(place => standing.Zones[place].Id == zone.Id).Select(static place => (int?)place).FirstOrDefault();

    private void Start(SyncStanding standing, RunRequest? request)
    {
        if (request is null || _queue.TryAdd(request, out var other))
        {
            return;
        }

        // One that still waits will cover every location, unless somebody asked for some of them; one under way may have passed this zone's.
        if (other.Request.IsOthers || (other.HasBegun && request.Zone != other.Request.Zone))
        {
            standing.Setback = standing.Setback with { Again = request };
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

            var again = standing.Setback.Again;
            if (active.Request.IsOthers && end.Outcome is not (SyncOutcome.Completed or SyncOutcome.NeedsReconnect))
            {
                // Whoever asked for it sees to it; what some locations lack must not stand in the way of a run of all of them.
                standing.Setback = standing.Setback with { Again = null };
                Start(standing, again);
                return;
            }

            standing.Setback = standing.Setback.Count(end, _clock.GetUtcNow());
            switch (end)
            {
                case { Outcome: SyncOutcome.RetryLater }:
                    standing.Setback = standing.Setback with { Retry = active.Request with { DueAt = null } };
                    _timetable.Set(new SyncDue(standing, SyncDue.Retry), _clock.GetUtcNow() + WaitAfter(standing, end, standing.Setback.Failures - 1));
                    break;
                case { Outcome: SyncOutcome.NeedsReconnect } or { Outcome: SyncOutcome.NeedsAttention, Actor: Actor.Operator, IsPartial: false }:
                    standing.Setback = standing.Setback.Stop(end.Reason);
                    Unschedule([standing]);
                    break;
                case { PassesByWaiting: false, IsPartial: false }:
                    SlowDown(standing, end);
                    Start(standing, again);
                    break;
                default:
                    TakeUpAgain(standing, end);
                    Start(standing, again);
                    break;
            }
        }
    }

    /// <summary>The schedule goes on, and after a defect leaves out more and more; what has failed for very long is tried but once a day.</summary>
    private void SlowDown(SyncStanding standing, RunEnd end)
    {
        var (now, setback) = (_clock.GetUtcNow(), standing.Setback);
        if (now - setback.Since >= _options.Value.PauseAfter)
        {
            standing.Setback = setback.Pause(end, now);
            Log.Paused(_logger, standing.Key, standing.Setback.Paused);
        }
        else if (end.Trouble == Trouble.DriverDefect)
        {
            standing.Setback = setback with { Defects = setback.Defects + 1, NotBefore = now + WaitAfter(standing, end, setback.Defects) };
        }

        ScheduleAll(standing, now);
    }

    private TimeSpan WaitAfter(SyncStanding standing, RunEnd end, int earlier)
        => Retries.WaitAfter(end, earlier, Jitter.Of(standing.Key, _options.Value.MaxJitter), Random.Shared.NextDouble());

    /// <summary>A run went well: what had stopped the schedule, or slowed it down, is gone.</summary>
    private void TakeUpAgain(SyncStanding standing, RunEnd end)
    {
        if (end.Outcome != SyncOutcome.Completed || standing.Setback is { Stopped: null, Defects: 0 })
        {
            return;
        }

        standing.Setback = standing.Setback with { Stopped = null, Defects = 0, NotBefore = default };
        ScheduleAll(standing, _clock.GetUtcNow());
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2023, Level = LogLevel.Warning, Message = "Sync {Sync}: {Paused}")]
        public static partial void Paused(ILogger logger, SyncKey sync, string? paused);

        [LoggerMessage(EventId = 2022, Level = LogLevel.Warning, Message = "The clock of this machine went back by more than a day: schedules go by the time it is now.")]
        public static partial void ClockWentBack(ILogger logger);

        [LoggerMessage(EventId = 2021, Level = LogLevel.Debug, Message = "Sync {Sync} is due while its run {Run} waits or is under way: passed over.")]
        public static partial void Overlaps(ILogger logger, SyncKey sync, string run);
    }
}
