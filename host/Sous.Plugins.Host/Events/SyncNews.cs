using System.Collections.Concurrent;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Events;

/// <summary>
/// Tells that the runs of a stream have begun to fail, not that each of them did: at once where somebody must act, and with the second
/// in a row where it is tried again by itself, since one that the next makes good is nobody's news.
/// </summary>
internal sealed partial class SyncNews : IHostedService, IAsyncDisposable
{
    private const int AtOnce = 4;

    // The run itself and two before it, and room for those that began since.
    private const int MostRuns = 10;

    private static readonly TimeSpan s_tryAgain = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<SyncKey, ConcurrentQueue<(SyncRun Run, Actor Actor)>> _failed = new();
    private readonly DueWork<SyncKey> _work;
    private readonly IChangeStore _store;
    private readonly IRegistry _registry;
    private readonly EventLog _events;
    private readonly TimeProvider _clock;
    private readonly ILogger<SyncNews> _logger;

    public SyncNews(RunQueue queue, IChangeStore store, IRegistry registry, EventLog events, TimeProvider clock, ILogger<SyncNews> logger)
    {
        (_store, _registry, _events, _clock, _logger) = (store, registry, events, clock, logger);
        _work = new DueWork<SyncKey>(clock, AtOnce, WorkAsync);
        queue.Ended += (active, end) =>
        {
            if (IsFailure(end.Outcome) && !end.GoesOn && active.HasBegun)
            {
                _failed.GetOrAdd(active.Request.Key, static _ => new ConcurrentQueue<(SyncRun, Actor)>()).Enqueue((active.Run, end.Actor));
                _work.Set(active.Request.Key, clock.GetUtcNow());
            }
        };
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _work.DisposeAsync();

    private static bool IsFailure(SyncOutcome outcome)
        => outcome is SyncOutcome.RetryLater or SyncOutcome.Suspect or SyncOutcome.NeedsAttention or SyncOutcome.NeedsReconnect;

    private async Task<DateTimeOffset?> WorkAsync(SyncKey key, CancellationToken cancellationToken)
    {
        try
        {
            while (_failed.TryGetValue(key, out var failures) && failures.TryPeek(out var failed))
            {
                if (await IsNewsAsync(failed.Run, cancellationToken)
                    && await _registry.FindAsync(Connection.Collection, key.Connection.Value, cancellationToken) is { IsGone: false } connection)
                {
                    await _events.WriteAsync(transaction => EventLog.Append(transaction, Compose(connection, failed.Run, failed.Actor)), cancellationToken);
                }

                failures.TryDequeue(out _);
            }

            return null;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.Failed(_logger, key, e);
            return _clock.GetUtcNow() + s_tryAgain;
        }
    }

    private async ValueTask<bool> IsNewsAsync(SyncRun failed, CancellationToken cancellationToken)
    {
        var before = (await _store.ListRunsAsync(failed.Connection, failed.Stream, MostRuns, cancellationToken)).Where(run => run.Fence < failed.Fence).ToList();
        return failed.Outcome == SyncOutcome.RetryLater
            ? before is [{ Outcome: SyncOutcome.RetryLater }, ..] && before.ElementAtOrDefault(1)?.Outcome != SyncOutcome.RetryLater
            : before is not [var last, ..] || (last.Outcome, last.Reason) != (failed.Outcome, failed.Reason);
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
