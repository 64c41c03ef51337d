using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Egress.Budgets;
using Sous.Plugins.Host.Storage;
using Sous.Plugins.Host.Syncing;
using Sous.Plugins.Sdk;
using Sous.Plugins.Sdk.Manifests;
using Sous.Plugins.Sdk.Pos;

namespace Sous.Plugins.Host.Days.Closings;

/// <summary>
/// Closes the days of one connection, a few in each turn: opens those that have settled, has their last changes fetched, ties them
/// out, syncs again what differs, and restates what changed. All that must not be lost stands in the store; each step may be done twice.
/// </summary>
internal sealed partial class ClosingWork(
    IClosings closings,
    ClosingNews news,
    ClosingTie tie,
    ClosingRuns runs,
    DriverAccess drivers,
    SyncDirectory syncs,
    IRegistry registry,
    IOptions<DaysOptions> options,
    IOptions<SyncingOptions> syncing,
    TimeProvider clock,
    ILogger<ClosingWork> logger)
{
    private const int MostInTurn = 16;

    // What happens meanwhile tells of itself: a run that ended, a connection that was resumed. This is for what does not.
    private static readonly TimeSpan s_idle = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_afterTrouble = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_run = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_fresh = TimeSpan.FromMinutes(15);

    private readonly ConcurrentDictionary<ConnectionId, ClosingProgress> _progress = new();

    /// <returns>When to go on, or null where nothing will be to do.</returns>
    public async Task<DateTimeOffset?> RunAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        try
        {
            await news.TellAsync(cancellationToken);
            var next = await TurnAsync(id, cancellationToken);
            await news.TellAsync(cancellationToken);
            return next;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.Failed(logger, id, e);
            return clock.GetUtcNow() + s_afterTrouble;
        }
    }

    private async Task<DateTimeOffset?> TurnAsync(ConnectionId id, CancellationToken cancellationToken)
    {
        if (await registry.FindAsync(Connection.Collection, id.Value, cancellationToken) is not { IsOver: false } connection)
        {
            // One that keeps its records is heard of when its owner reconnects.
            _progress.TryRemove(id, out _);
            return null;
        }

        var now = clock.GetUtcNow();
        var agenda = await ReadAgendaAsync(connection, now, cancellationToken);
        foreach (var stale in agenda.Open.Where(static closing => closing.IsStale))
        {
            await tie.RestateAsync(connection, agenda.Places[stale.Key.Location].Mapped, stale, cancellationToken);
        }

        if (!await IsReadyAsync(connection, cancellationToken))
        {
            return now + s_idle;
        }

        agenda = agenda.Open.Any(static closing => closing.IsStale) ? await ReadAgendaAsync(connection, now, cancellationToken) : agenda;
        var progress = _progress.GetOrAdd(id, static _ => new ClosingProgress());
        await runs.TakeEndedAsync(progress, agenda.Open, cancellationToken);
        return progress.Until > now ? progress.Until : await WorkAsync(connection, progress, agenda, cancellationToken);
    }

    private Task<ClosingAgenda> ReadAgendaAsync(Connection connection, DateTimeOffset now, CancellationToken cancellationToken)
        => ClosingAgenda.ReadAsync(connection, registry, closings, options.Value, syncing.Value.AfterClosing, now, cancellationToken);

    /// <summary>Whether the connection syncs its sales, by itself and once already: what was never synced cannot be tied out, and a driver in quarantine is not asked.</summary>
    private async Task<bool> IsReadyAsync(Connection connection, CancellationToken cancellationToken)
        => SyncStanding.MayRun(connection)
            && drivers.FindQuarantine(connection.Driver) is null
            && syncs.FindStream(connection, StreamName.Sales)?.Scope == StreamScope.Location
            && await syncs.FindAsync(connection, StreamName.Sales, cancellationToken) is { Enabled: true }
            && await runs.FindFetchAsync(connection.Id, cancellationToken) is not null;

    private async Task<DateTimeOffset?> WorkAsync(Connection connection, ClosingProgress progress, ClosingAgenda agenda, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        foreach (var lost in agenda.Lost)
        {
            Log.Lost(logger, lost.Key.Day, lost.Key.Location, connection.Id);
            await closings.DropAsync(lost.Key, cancellationToken);
        }

        if (agenda.Unopened.Count == 0 && !agenda.Open.Any(closing => IsDue(closing, progress, now)))
        {
            return NextOf(agenda, agenda.Open, progress);
        }

        var opened = await DriverCall.RunAsync(token => drivers.OpenAsync(connection, CallPriority.Incremental, token), syncing.Value.PageTimeout, clock, cancellationToken);
        await using var session = new BoundedSession(opened, syncing.Value.StopGrace, clock);
        if (opened.Driver is not IBusinessDayTotals totals)
        {
            return now + s_idle;
        }

        await closings.OpenAsync(connection.Tenant, agenda.Unopened, cancellationToken);
        var open = (await closings.ListOpenAsync(connection.Id, cancellationToken)).Where(closing => agenda.Places.ContainsKey(closing.Key.Location)).ToList();
        var more = await DoSomeAsync(connection, progress, agenda, open, totals, cancellationToken);
        return more ? clock.GetUtcNow() : NextOf(agenda, await closings.ListOpenAsync(connection.Id, cancellationToken), progress);
    }

    /// <returns>Whether there is more to do at once.</returns>
    private async Task<bool> DoSomeAsync(
        Connection connection, ClosingProgress progress, ClosingAgenda agenda, List<Closing> open, IBusinessDayTotals totals, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var due = open.Where(closing => IsDue(closing, progress, now)).ToList();
        var fetch = await runs.FindFetchAsync(connection.Id, cancellationToken);
        var ready = due.Where(closing => IsReady(closing, progress, fetch)).ToList();
        foreach (var closing in ready.Take(MostInTurn))
        {
            if (!await tie.RunAsync(connection, agenda.Places[closing.Key.Location].Mapped, closing, totals, progress, cancellationToken))
            {
                return false;
            }
        }

        await runs.StartAsync(connection, progress, agenda, [.. due.Except(ready)], cancellationToken);
        return ready.Count > MostInTurn || progress.Run is { Ended.IsCompleted: true };
    }

    private static bool IsDue(Closing closing, ClosingProgress progress, DateTimeOffset now)
        => closing.Step != ClosingStep.None && closing.Due <= now && progress.MayTry(closing.Key, now);

    /// <summary>
    /// Whether it can be tied out now. A day that differed was synced again; any other is compared on what was fetched lately, and when it
    /// closes after it had settled: what changed since would differ now, and be gone after the next run.
    /// </summary>
    private bool IsReady(Closing closing, ClosingProgress progress, SyncRun? fetch)
    {
        if (closing.Step == ClosingStep.Resync)
        {
            return progress.IsResynced(closing.Key);
        }

        var since = clock.GetUtcNow() - s_fresh;
        since = closing is { State.ClosedAt: null, Due: { } settled } && settled > since ? settled : since;
        return fetch?.StartedAt >= since || progress.IsFetchedSince(closing.Key.Location, since);
    }

    private DateTimeOffset? NextOf(ClosingAgenda agenda, IReadOnlyList<Closing> open, ClosingProgress progress)
    {
        var now = clock.GetUtcNow();
        var waiting = open.Where(static closing => closing.Step != ClosingStep.None).ToList();
        DateTimeOffset?[] nexts =
        [
            agenda.NextSettled,
            progress.Run is null ? null : now + s_run,
            waiting.Where(closing => closing.Due > now).Min(static closing => closing.Due),
            progress.NextOf(waiting.Select(static closing => closing.Key)),
            progress.Until > now ? progress.Until : null,
        ];
        return nexts.Where(next => next > now).Min() ?? now + s_idle;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2300, Level = LogLevel.Error, Message = "Closing the days of {Connection} failed in the host itself; it is tried again.")]
        public static partial void Failed(ILogger logger, ConnectionId connection, Exception exception);

        [LoggerMessage(EventId = 2301, Level = LogLevel.Warning, Message = "The business day {Day} of {Location}, {Connection}, could not be tied out in all the time that it is tried, and is left.")]
        public static partial void Lost(ILogger logger, DateOnly day, string location, ConnectionId connection);
    }
}
