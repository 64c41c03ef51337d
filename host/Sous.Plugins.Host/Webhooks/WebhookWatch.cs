using System.Collections.Concurrent;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Events;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Webhooks;

/// <summary>
/// Notices that webhooks which used to come have stopped: the schedule finds changes, one time after another, that none told of. It is
/// said once, and until the next webhook comes the stream is fetched every few minutes in their place. Kept in memory: after a
/// restart it begins with the first webhook.
/// </summary>
internal sealed partial class WebhookWatch : IHostedService, IAsyncDisposable
{
    /// <summary>The event that tells of it.</summary>
    public const string Silent = "webhooks.silent";

    // One may be late, and what no webhook tells of (a nightly correction) changes now and then.
    private const int MostMissed = 3;

    private const int AtOnce = 4;

    private static readonly TimeSpan s_pollEvery = TimeSpan.FromMinutes(3);

    private readonly ConcurrentDictionary<InboxKey, Standing> _heard = new();
    private readonly DueWork<InboxKey> _polls;
    private readonly RunQueue _queue;
    private readonly ConnectionStore _connections;
    private readonly SyncDirectory _syncs;
    private readonly EventLog _events;
    private readonly TimeProvider _clock;
    private readonly ILogger<WebhookWatch> _logger;

    public WebhookWatch(RunQueue queue, ConnectionStore connections, SyncDirectory syncs, EventLog events, TimeProvider clock, ILogger<WebhookWatch> logger)
    {
        (_queue, _connections, _syncs, _events, _clock, _logger) = (queue, connections, syncs, events, clock, logger);
        _polls = new DueWork<InboxKey>(clock, AtOnce, PollAsync);
        queue.Ended += (active, end) =>
        {
            if (end.Outcome == SyncOutcome.Completed && active.Request.Trigger == RunTrigger.Schedule && active.Run is { Inserted: > 0 } or { Updated: > 0 } or { Deleted: > 0 })
            {
                Miss(active.Request);
            }
        };
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _polls.DisposeAsync();

    /// <summary>How many streams of a driver's connections have fallen silent.</summary>
    public int CountSilent(DriverId driver) => _heard.Values.Count(standing => standing.IsSilent && standing.Driver == driver);

    /// <summary>A webhook came for it.</summary>
    public void Hear(InboxKey key, DriverId driver)
    {
        var before = _heard.GetValueOrDefault(key);
        _heard[key] = new Standing(driver, 0, false);
        if (before is { IsSilent: true })
        {
            _polls.Remove(key);
            Log.Back(_logger, key);
        }
    }

    private void Miss(RunRequest request)
    {
        var key = new InboxKey(request.Key.Connection, request.Key.Stream.Value);
        while (_heard.TryGetValue(key, out var before) && !before.IsSilent)
        {
            var after = before with { Missed = before.Missed + 1, IsSilent = before.Missed + 1 >= MostMissed };
            if (_heard.TryUpdate(key, after, before))
            {
                if (after.IsSilent)
                {
                    Log.Silent(_logger, key, MostMissed);
                    _polls.Set(key, _clock.GetUtcNow());
                }

                return;
            }
        }
    }

    private async Task<DateTimeOffset?> PollAsync(InboxKey key, CancellationToken cancellationToken)
    {
        if (!_heard.TryGetValue(key, out var standing) || !standing.IsSilent)
        {
            return null;
        }

        var next = _clock.GetUtcNow() + s_pollEvery;
        try
        {
            var connection = await _connections.FindAsync(key.Connection, cancellationToken);
            if (connection is not { IsOver: false })
            {
                _heard.TryRemove(key, out _);
                return null;
            }

            if (!standing.IsTold)
            {
                await TellAsync(key, connection, cancellationToken);
                _heard.TryUpdate(key, standing with { IsTold = true }, standing);
            }
            else if (SyncStanding.MayRun(connection) && await _syncs.FindAsync(connection, new StreamName(key.Work), cancellationToken) is { Enabled: true })
            {
                await _queue.AddAsync(new RunRequest(connection.Tenant, connection.Driver, new SyncKey(connection.Id, new StreamName(key.Work)), RunTrigger.Webhook), cancellationToken);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.Failed(_logger, key, e);
        }

        return next;
    }

    private Task TellAsync(InboxKey key, Connection connection, CancellationToken cancellationToken) => _events.WriteAsync(
        transaction => EventLog.Append(transaction, new PlatformEvent
        {
            Type = Silent,
            Tenant = connection.Tenant,
            At = _clock.GetUtcNow(),
            Connection = connection.Id,
            Driver = connection.Driver,
            Cause = $"Webhooks for {key.Work} came before and have stopped, though there were changes: look at the subscription at the service. Until one comes it is asked every {s_pollEvery.TotalMinutes:0} minutes.",
            Actor = Actor.Operator,
        }),
        cancellationToken);

    private sealed record Standing(DriverId Driver, int Missed, bool IsSilent)
    {
        public bool IsTold { get; init; }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2940, Level = LogLevel.Warning, Message = "Webhooks for {Key} have stopped: {Missed} scheduled runs in turn found changes that none told of. Until one comes it is fetched every few minutes.")]
        public static partial void Silent(ILogger logger, InboxKey key, int missed);

        [LoggerMessage(EventId = 2941, Level = LogLevel.Information, Message = "Webhooks for {Key} come again.")]
        public static partial void Back(ILogger logger, InboxKey key);

        [LoggerMessage(EventId = 2942, Level = LogLevel.Error, Message = "What webhooks no longer tell of {Key} could not be fetched in their place; it is tried again.")]
        public static partial void Failed(ILogger logger, InboxKey key, Exception exception);
    }
}
