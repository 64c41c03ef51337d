using System.Collections.Concurrent;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Locations;

/// <summary>
/// Discovers a connection's locations when it is connected, and once a day; a service that cannot be asked is asked again.
/// Syncs of a new connection start when its locations are known.
/// </summary>
internal sealed partial class LocationDiscovery : BackgroundService
{
    private const int AtOnce = 4;

    private static readonly TimeSpan s_interval = TimeSpan.FromDays(1);
    private static readonly BackOff s_backOff = new(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(30));

    private readonly ConcurrentDictionary<ConnectionId, int> _failures = new();

    /// <summary>Those that were made, or made again, and whose syncs were not taken up since.</summary>
    private readonly ConcurrentDictionary<ConnectionId, bool> _connected = new();
    private readonly DueWork<ConnectionId> _work;
    private readonly LocationDirectory _locations;
    private readonly SyncDirectory _syncs;
    private readonly SyncScheduler _scheduler;
    private readonly ConnectionHealth _health;
    private readonly IRegistry _registry;
    private readonly TimeProvider _clock;
    private readonly ILogger<LocationDiscovery> _logger;

    public LocationDiscovery(
        LocationDirectory locations,
        SyncDirectory syncs,
        SyncScheduler scheduler,
        ConnectionHealth health,
        ConnectionEvents events,
        IRegistry registry,
        TimeProvider clock,
        ILogger<LocationDiscovery> logger)
    {
        (_locations, _syncs, _scheduler, _health, _registry, _clock, _logger) = (locations, syncs, scheduler, health, registry, clock, logger);
        events.OnConnected(ConnectAsync);
        events.OnLeaving(LeaveAsync);
        _work = new DueWork<ConnectionId>(clock, AtOnce, WorkAsync);
    }

    /// <summary>Asks the service now. How it ends shows on the connection, and decides when it is asked again.</summary>
    public async Task<RunEnd> DiscoverAsync(Connection connection, CancellationToken cancellationToken)
    {
        var end = await _health.JudgeAsync(connection, await AskAsync(connection, cancellationToken), cancellationToken);
        await _health.TakeAsync(connection.Id, ConnectionHealth.Locations, end, cancellationToken);
        var wait = s_interval;
        if (end.Outcome == SyncOutcome.RetryLater)
        {
            var failures = _failures.AddOrUpdate(connection.Id, 1, static (_, earlier) => earlier + 1);
            wait = s_backOff.After(failures - 1, end.RetryAfter);
        }
        else
        {
            _failures.TryRemove(connection.Id, out _);
        }

        _work.Set(connection.Id, _clock.GetUtcNow() + wait);
        if (end.Outcome == SyncOutcome.Completed || await GoesOnAsync(connection.Id, end, cancellationToken))
        {
            _connected.TryRemove(connection.Id, out _);
            await _scheduler.ResumeAsync(connection.Id, cancellationToken);
        }

        return end;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await _work.DisposeAsync();
        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _locations.ReplayAsync(null, stoppingToken);
        foreach (var connection in (await _registry.ListAsync(Connection.Collection, "", stoppingToken)).Where(static connection => !connection.IsOver))
        {
            var known = await _locations.ListAsync(connection.Id, stoppingToken);
            _work.Set(connection.Id, _clock.GetUtcNow() + (known.Count == 0 ? TimeSpan.Zero : SpreadOf(connection.Id)));
        }
    }

    /// <summary>The connection was made, or made again: its locations are asked for at once.</summary>
    private Task ConnectAsync(Connection connection, CancellationToken cancellationToken)
    {
        _failures.TryRemove(connection.Id, out _);
        _connected[connection.Id] = true;
        _work.Set(connection.Id, _clock.GetUtcNow());
        return Task.CompletedTask;
    }

    /// <summary>Whether its syncs are taken up although the service does not tell its locations: those that are known go on, unless the grant is over again.</summary>
    private async Task<bool> GoesOnAsync(ConnectionId id, RunEnd end, CancellationToken cancellationToken)
        => end.Outcome != SyncOutcome.NeedsReconnect && _connected.ContainsKey(id) && (await _locations.ListAsync(id, cancellationToken)).Count > 0;

    /// <summary>Nothing works for the connection any more when the task completes, and what is kept of its locations and syncs is gone, unless it waits for its owner.</summary>
    private async Task LeaveAsync(Connection connection, CancellationToken cancellationToken)
    {
        _work.Remove(connection.Id);
        _failures.TryRemove(connection.Id, out _);
        _connected.TryRemove(connection.Id, out _);
        await _scheduler.RemoveAsync(connection.Id, cancellationToken);
        if (connection.KeepsRecords)
        {
            return;
        }

        await _syncs.ForgetAsync(connection.Id, cancellationToken);
        await _locations.ForgetAsync(connection.Id, cancellationToken);
    }

    private async Task<DateTimeOffset?> WorkAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await _registry.FindAsync(Connection.Collection, id.Value, cancellationToken);
            if (connection is null || connection.IsOver)
            {
                return null;
            }

            await _locations.ReplayAsync(id, cancellationToken);
            if (!SyncStanding.MayRun(connection))
            {
                return _clock.GetUtcNow() + s_interval;
            }

            if (_locations.IsQuarantined(connection))
            {
                return _clock.GetUtcNow() + s_backOff.Longest;
            }

            await (_locations.CanDiscover(connection) ? DiscoverAsync(connection, cancellationToken) : _scheduler.ResumeAsync(id, cancellationToken));
            return null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.HostFailed(_logger, id, e);
            return _clock.GetUtcNow() + s_backOff.Longest;
        }
    }

    private async Task<RunEnd> AskAsync(Connection connection, CancellationToken cancellationToken)
    {
        try
        {
            var known = await _locations.DiscoverAsync(connection, cancellationToken);
            Log.Discovered(_logger, known.Count, connection.Id);
            return RunEnd.Completed;
        }
        catch (DriverException e)
        {
            Log.Failed(_logger, connection.Id, e.Kind, e.Message);
            return RunEnd.After(e);
        }
        catch (DriverDefectException e)
        {
            Log.Defect(_logger, connection.Id, e.Trace);
            return RunEnd.AfterDefect(e.Defect);
        }
    }

    // All at once when the host starts would be a burst that no service likes.
    private static TimeSpan SpreadOf(ConnectionId id) => s_interval * Jitter.Of(new SyncKey(id, new StreamName(ConnectionHealth.Locations)), s_interval).Fraction;

    private static partial class Log
    {
        [LoggerMessage(EventId = 2200, Level = LogLevel.Information, Message = "{Count} locations of {Connection} are known.")]
        public static partial void Discovered(ILogger logger, int count, ConnectionId connection);

        [LoggerMessage(EventId = 2201, Level = LogLevel.Warning, Message = "The locations of {Connection} could not be discovered: {Kind}. {Reason}")]
        public static partial void Failed(ILogger logger, ConnectionId connection, FailureKind kind, string reason);

        [LoggerMessage(EventId = 2203, Level = LogLevel.Error, Message = "The driver of {Connection} has a defect, met when locations were discovered: {Trace}")]
        public static partial void Defect(ILogger logger, ConnectionId connection, string trace);

        [LoggerMessage(EventId = 2202, Level = LogLevel.Error, Message = "Discovering the locations of {Connection} failed in the host itself.")]
        public static partial void HostFailed(ILogger logger, ConnectionId connection, Exception exception);
    }
}
