using System.Collections.Concurrent;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Authorization.Refreshing;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;

namespace Sous.Plugins.Host.Webhooks;

/// <summary>Does the work of one key: however many events wait, one run fetches what they are about. An event is a hint; only what the service then answers counts.</summary>
internal sealed partial class InboxWork(
    IInbox inbox, ConnectionStore connections, ConnectionProbe probe, SyncDirectory syncs, DriverAccess drivers, RunQueue queue, TimeProvider clock, ILogger<InboxWork> logger)
{
    private const int MostEvents = 10_000;

    /// <summary>Tries before it is left to the schedule.</summary>
    private const int MostTries = 6;

    private static readonly BackOff s_backOff = new(TimeSpan.FromSeconds(15), TimeSpan.FromMinutes(30));

    private readonly ConcurrentDictionary<InboxKey, int> _tries = new();

    /// <returns>When to go on, or null where nothing is left that can be done now.</returns>
    public async Task<DateTimeOffset?> RunAsync(InboxKey key, CancellationToken cancellationToken)
    {
        try
        {
            while (await inbox.ReadWorkAsync(key, MostEvents, cancellationToken) is { Count: > 0 } entries)
            {
                var connection = await connections.FindAsync(key.Connection, cancellationToken);
                if (connection is not { IsGone: false })
                {
                    await inbox.FinishAsync(key, null, cancellationToken);
                    return null;
                }

                if (!SyncStanding.MayRun(connection) || drivers.FindManifest(connection.Driver) is null)
                {
                    return clock.GetUtcNow() + s_backOff.Longest;
                }

                if (await DoAsync(key, connection, entries, cancellationToken) is { } wait)
                {
                    return clock.GetUtcNow() + wait;
                }

                _tries.TryRemove(key, out _);
                await inbox.FinishAsync(key, entries, cancellationToken);
            }

            return null;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.Failed(logger, key, e);
            return clock.GetUtcNow() + WaitAfter(key, null);
        }
    }

    /// <returns>How long to wait before it is tried again; null where the events are done.</returns>
    private async Task<TimeSpan?> DoAsync(InboxKey key, Connection connection, IReadOnlyList<InboxEntry> entries, CancellationToken cancellationToken)
    {
        if (key.Work == InboxKey.Grant)
        {
            // A webhook may be forged or late: the probe asks the service, and by its answer alone the grant is over.
            var end = await probe.ProbeAsync(connection, cancellationToken);
            return end.Failure is FailureKind.Transient or FailureKind.RateLimited ? TryAgain(key, null) : null;
        }

        var stream = syncs.FindStream(connection, new StreamName(key.Work));
        if (stream is null || await syncs.FindAsync(connection, new StreamName(key.Work), cancellationToken) is not { Enabled: true })
        {
            return null;
        }

        return await SyncAsync(key, connection, stream, entries, cancellationToken);
    }

    private async Task<TimeSpan?> SyncAsync(InboxKey key, Connection connection, StreamManifest stream, IReadOnlyList<InboxEntry> entries, CancellationToken cancellationToken)
    {
        var request = new RunRequest(connection.Tenant, connection.Driver, new SyncKey(connection.Id, new StreamName(key.Work)), RunTrigger.Webhook) { Locations = LocationsOf(stream, entries) };
        var run = await AddAsync(request, cancellationToken);
        await run.Ended.WaitAsync(cancellationToken);
        switch (run.End)
        {
            case { Outcome: SyncOutcome.Completed }:
                return null;
            case { Outcome: SyncOutcome.RetryLater or SyncOutcome.Suspect } end:
                return TryAgain(key, end.RetryAfter);
            case { Outcome: SyncOutcome.NeedsReconnect or SyncOutcome.Canceled } when await connections.FindAsync(key.Connection, cancellationToken) is not { } now || !SyncStanding.MayRun(now):
                return TimeSpan.Zero;
            case { Outcome: SyncOutcome.Canceled } when !run.HasBegun:
                return TryAgain(key, null);
            default:
                return null;
        }
    }

    /// <returns>A run that begins after the events came, and goes through all that they are about.</returns>
    private async Task<ActiveRun> AddAsync(RunRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (added, run) = await queue.AddAsync(request, cancellationToken);

            // One that is due anyway is enough; one under way may have passed the place already.
            if (added || (!run.HasBegun && run.Request is { From: null, Locations: null }))
            {
                return run;
            }

            await run.Ended.WaitAsync(cancellationToken);
        }
    }

    private static HashSet<string>? LocationsOf(StreamManifest stream, IReadOnlyList<InboxEntry> entries)
        => stream.Scope == StreamScope.Connection || entries.Any(static entry => entry.LocationId is null)
            ? null
            : entries.Select(static entry => entry.LocationId ?? "").ToHashSet(StringComparer.Ordinal);

    /// <returns>Null once it was tried often enough: the schedule goes on trying, and fetches the same.</returns>
    private TimeSpan? TryAgain(InboxKey key, TimeSpan? asked)
    {
        var wait = WaitAfter(key, asked);
        if (_tries.GetValueOrDefault(key) < MostTries)
        {
            return wait;
        }

        Log.LeftToSchedule(logger, key);
        return null;
    }

    private TimeSpan WaitAfter(InboxKey key, TimeSpan? asked) => s_backOff.After(_tries.AddOrUpdate(key, 1, static (_, earlier) => earlier + 1) - 1, asked);

    private static partial class Log
    {
        [LoggerMessage(EventId = 2920, Level = LogLevel.Error, Message = "What webhooks asked for, {Key}, failed in the host itself; it is tried again.")]
        public static partial void Failed(ILogger logger, InboxKey key, Exception exception);

        [LoggerMessage(EventId = 2921, Level = LogLevel.Warning, Message = "What webhooks asked for, {Key}, failed again and again; it is left to the schedule.")]
        public static partial void LeftToSchedule(ILogger logger, InboxKey key);
    }
}
