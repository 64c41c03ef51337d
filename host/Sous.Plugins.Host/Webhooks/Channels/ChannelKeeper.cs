using System.Collections.Concurrent;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Webhooks.Channels;

/// <summary>
/// Keeps a push channel open for each connection whose driver has them: opened once its files were first fetched, succeeded by the
/// next before it expires or when other settings say what to watch, closed when the connection pauses or leaves. What a killed host was opening is forgotten and opened anew.
/// </summary>
internal sealed partial class ChannelKeeper : IHostedService, IAsyncDisposable
{
    private const int AtOnce = 4;
    private const int RunsLookedAt = 20;

    /// <summary>A channel goes on beside its successor for a quarter of its life, but no longer than this.</summary>
    private static readonly TimeSpan s_longestOverlap = TimeSpan.FromHours(6);
    private static readonly TimeSpan s_lookAgain = TimeSpan.FromHours(1);
    private static readonly BackOff s_backOff = new(TimeSpan.FromMinutes(1), TimeSpan.FromHours(6));

    private readonly ConcurrentDictionary<ConnectionId, int> _failures = new();

    /// <summary>Those whose settings changed and whose files were not fetched by them yet.</summary>
    private readonly ConcurrentDictionary<ConnectionId, bool> _awaited = new();
    private readonly DueWork<ConnectionId> _work;
    private readonly ChannelCalls _calls;
    private readonly DriverLookup _drivers;
    private readonly SyncDirectory _syncs;
    private readonly IChangeStore _store;
    private readonly IRegistry _registry;
    private readonly TimeProvider _clock;
    private readonly ILogger<ChannelKeeper> _logger;

    public ChannelKeeper(
        ChannelCalls calls, DriverLookup drivers, SyncDirectory syncs, RunQueue queue, ConnectionEvents events, IChangeStore store, IRegistry registry, TimeProvider clock, ILogger<ChannelKeeper> logger)
    {
        (_calls, _drivers, _syncs, _store, _registry, _clock, _logger) = (calls, drivers, syncs, store, registry, clock, logger);
        _work = new DueWork<ConnectionId>(clock, AtOnce, WorkAsync);
        events.OnConnected(LookAsync);
        events.OnPaused(LookAsync);
        events.OnLeaving(LeaveAsync);

        // A channel follows on from what was fetched.
        queue.Ended += (active, end) =>
        {
            if (active.Request.Key.Stream == StreamName.Files && end.Outcome == SyncOutcome.Completed
                && (_work.DueOf(active.Request.Key.Connection) is null || _awaited.ContainsKey(active.Request.Key.Connection)))
            {
                _work.Set(active.Request.Key.Connection, clock.GetUtcNow());
            }
        };
    }

    /// <returns>When the connection's channel is looked at next, or null where it is not, or is just now.</returns>
    public DateTimeOffset? NextOf(ConnectionId connection) => _work.DueOf(connection);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var channels = await _registry.ListAsync(WatchedChannel.Collection, "", cancellationToken);
        var connections = await _registry.ListAsync(Connection.Collection, "", cancellationToken);
        foreach (var id in channels.Select(static channel => channel.Connection).Concat(connections.Where(HasChannels).Select(static connection => connection.Id)).Distinct())
        {
            _work.Set(id, _clock.GetUtcNow());
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _work.DisposeAsync();

    private bool HasChannels(Connection connection) => _drivers(connection.Driver)?.Capabilities.Contains(DriverCapability.PushChannels) == true;

    private Task LookAsync(Connection connection, CancellationToken cancellationToken)
    {
        _failures.TryRemove(connection.Id, out _);
        if (HasChannels(connection))
        {
            _work.Set(connection.Id, _clock.GetUtcNow());
        }

        return Task.CompletedTask;
    }

    /// <summary>Before the grant goes, or the service would not hear of it; one that cannot be closed ends by itself.</summary>
    private async Task LeaveAsync(Connection connection, CancellationToken cancellationToken)
    {
        _work.Remove(connection.Id);
        _failures.TryRemove(connection.Id, out _);
        _awaited.TryRemove(connection.Id, out _);
        foreach (var channel in await ListAsync(connection.Id, cancellationToken))
        {
            await TryCloseAsync(connection, channel, cancellationToken);
            await ForgetAsync(channel, cancellationToken);
        }
    }

    private async Task<DateTimeOffset?> WorkAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        try
        {
            var connection = await _registry.FindAsync(Connection.Collection, id.Value, cancellationToken);
            var open = await DropUselessAsync(connection, await ListAsync(id, cancellationToken), cancellationToken);
            if (connection is null || connection.IsOver)
            {
                return null;
            }

            var wanted = HasChannels(connection) && SyncStanding.MayRun(connection) && await _syncs.FindAsync(connection, StreamName.Files, cancellationToken) is { Enabled: true };
            var due = wanted ? await KeepAsync(connection, open, cancellationToken) : await CloseAsync(connection, open, cancellationToken);
            _failures.TryRemove(id, out _);
            return due;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            var failures = _failures.AddOrUpdate(id, 1, static (_, earlier) => earlier + 1);
            if (failures == 1)
            {
                Log.Failed(_logger, id, e is DriverException ? e.Message : e.GetType().Name);
            }

            return _clock.GetUtcNow() + s_backOff.After(failures - 1, (e as DriverException)?.RetryAfter);
        }
    }

    /// <returns>Those that are open, the one that lives longest first.</returns>
    private async Task<IReadOnlyList<WatchedChannel>> DropUselessAsync(Connection? connection, IReadOnlyList<WatchedChannel> channels, CancellationToken cancellationToken)
    {
        var open = connection is { IsOver: false } ? channels.Where(channel => channel.ResourceId is not null && channel.ExpiresAt > _clock.GetUtcNow()).ToList() : [];
        foreach (var useless in channels.Except(open))
        {
            // By the service's clock it may be open still.
            if (connection is { IsOver: false })
            {
                await TryCloseAsync(connection, useless, cancellationToken);
            }

            await ForgetAsync(useless, cancellationToken);
        }

        return [.. open.OrderByDescending(static channel => channel.ExpiresAt)];
    }

    /// <returns>When the next channel is due.</returns>
    private async Task<DateTimeOffset?> KeepAsync(Connection connection, IReadOnlyList<WatchedChannel> open, CancellationToken cancellationToken)
    {
        var isSettled = await IsSettledAsync(connection, cancellationToken);
        var isCurrent = open.Count > 0 && (!isSettled || connection.SettingsChangedAt is not { } changed || open[0].OpenedAt > changed);
        if (isCurrent && RenewalOf(open[0]) is var due && due > _clock.GetUtcNow())
        {
            await CloseAsync(connection, open.Skip(1), cancellationToken);
            return due;
        }

        if (await _store.ReadCheckpointAsync(new Scope(connection.Id, StreamName.Files, null), cancellationToken) is not { } from)
        {
            // Its first run tells when it is done.
            return null;
        }

        var opened = await _calls.OpenAsync(connection, from, cancellationToken);
        Log.Opened(_logger, connection.Id, opened.ExpiresAt);
        var again = await CloseAsync(connection, open, cancellationToken);
        // Where the host's clock goes far ahead the service's end is over as soon as it is told.
        return RenewalOf(opened) is var renewal && renewal > again ? renewal : again;
    }

    /// <summary>Whether the checkpoint that a channel would follow is one of the settings as they are: before, it may lead to another log.</summary>
    private async Task<bool> IsSettledAsync(Connection connection, CancellationToken cancellationToken)
    {
        var isSettled = connection.SettingsChangedAt is not { } changed
            || (await _store.ListRunsAsync(connection.Id, StreamName.Files, RunsLookedAt, cancellationToken)).Any(run => run.Outcome == SyncOutcome.Completed && run.StartedAt > changed);
        if (isSettled)
        {
            _awaited.TryRemove(connection.Id, out _);
        }
        else
        {
            _awaited[connection.Id] = true;
        }

        return isSettled;
    }

    /// <returns>When to look again whether the connection wants one.</returns>
    private async Task<DateTimeOffset> CloseAsync(Connection connection, IEnumerable<WatchedChannel> channels, CancellationToken cancellationToken)
    {
        foreach (var channel in channels)
        {
            if (await TryCloseAsync(connection, channel, cancellationToken))
            {
                await ForgetAsync(channel, cancellationToken);
            }
        }

        return _clock.GetUtcNow() + s_lookAgain;
    }

    private async Task<bool> TryCloseAsync(Connection connection, WatchedChannel channel, CancellationToken cancellationToken)
    {
        try
        {
            await _calls.CloseAsync(connection, channel, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.NotClosed(_logger, connection.Id, channel.ExpiresAt);
            return false;
        }
    }

    private static DateTimeOffset RenewalOf(WatchedChannel channel)
    {
        var quarter = (channel.ExpiresAt - channel.OpenedAt) / 4;
        return channel.ExpiresAt - (quarter < s_longestOverlap ? quarter : s_longestOverlap);
    }

    private async Task<IReadOnlyList<WatchedChannel>> ListAsync(ConnectionId id, CancellationToken cancellationToken)
        => [.. (await _registry.ListAsync(WatchedChannel.Collection, "", cancellationToken)).Where(channel => channel.Connection == id)];

    private Task<bool> ForgetAsync(WatchedChannel channel, CancellationToken cancellationToken)
        => _registry.WriteAsync(transaction => transaction.Delete(WatchedChannel.Collection, channel.Id), cancellationToken);

    private static partial class Log
    {
        [LoggerMessage(EventId = 2930, Level = LogLevel.Information, Message = "A push channel of {Connection} is open until {ExpiresAt}.")]
        public static partial void Opened(ILogger logger, ConnectionId connection, DateTimeOffset expiresAt);

        [LoggerMessage(EventId = 2931, Level = LogLevel.Warning, Message = "No push channel could be kept for {Connection}: {Reason} It is tried again, and the schedule goes on.")]
        public static partial void Failed(ILogger logger, ConnectionId connection, string reason);

        [LoggerMessage(EventId = 2932, Level = LogLevel.Debug, Message = "A push channel of {Connection} could not be closed; it ends at {ExpiresAt}.")]
        public static partial void NotClosed(ILogger logger, ConnectionId connection, DateTimeOffset expiresAt);
    }
}
