using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Webhooks;

/// <summary>
/// Notices that a service's webhooks do not come at all: polling finds one change after another, and none that is about a connection
/// was ever accepted, or none for long. Counted from the runs that are stored, so it is the same after a restart.
/// </summary>
internal sealed partial class UntoldChanges(
    WebhookTallies tallies, IInbox inbox, ConnectionStore connections, IChangeStore store, DriverLookup drivers, WebhookMetrics metrics, IOptions<WebhooksOptions> options, TimeProvider clock, ILogger<UntoldChanges> logger)
{
    private const int RunsAtOnce = 500;

    /// <summary>Further back nothing is counted.</summary>
    private static readonly TimeSpan s_lookBack = TimeSpan.FromDays(7);

    private readonly ConcurrentDictionary<DriverId, UntoldView> _found = new();

    /// <summary>Whether the driver's webhooks come to an address that an operator registers.</summary>
    public static bool IsRegistered(IReadOnlySet<DriverCapability>? capabilities)
        => capabilities?.Contains(DriverCapability.Webhooks) == true && !capabilities.Contains(DriverCapability.PushChannels);

    /// <returns>As counted last; null where webhooks come, or nothing says that they do not.</returns>
    public UntoldView? Find(DriverId driver) => _found.TryGetValue(driver, out var found) && found.AcceptedAt == tallies.Of(driver).AcceptedAt ? found : null;

    /// <summary>Counts for all drivers, and tells of each once in the log.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        var all = await connections.ListAsync(cancellationToken);
        foreach (var driver in all.Select(static connection => connection.Driver).Distinct().Where(driver => IsRegistered(drivers(driver)?.Capabilities)))
        {
            metrics.Untold(driver, (await CountAsync(driver, cancellationToken))?.Changes ?? 0);
        }
    }

    /// <inheritdoc cref="Find"/>
    public async Task<UntoldView?> CountAsync(DriverId driver, CancellationToken cancellationToken)
    {
        var tally = tallies.Of(driver);
        if (await LookAsync(driver, tally, cancellationToken) is { } found)
        {
            if (_found.TryAdd(driver, found))
            {
                Log.Untold(logger, driver, found.Says);
            }

            _found[driver] = found;
        }
        else if (_found.TryRemove(driver, out var earlier) && earlier.AcceptedAt != tally.AcceptedAt)
        {
            Log.Told(logger, driver);
        }

        return Find(driver);
    }

    private async Task<UntoldView?> LookAsync(DriverId driver, WebhookTally tally, CancellationToken cancellationToken)
    {
        var limits = options.Value;
        var mine = (await connections.ListAsync(cancellationToken)).Where(connection => connection.Driver == driver && !connection.IsOver).ToList();
        if (mine.Count == 0 || clock.GetUtcNow() - tally.AcceptedAt < limits.UntoldFor)
        {
            return null;
        }

        DateTimeOffset[] bounds = [mine.Min(static connection => connection.CreatedAt), tally.AcceptedAt ?? default, clock.GetUtcNow() - s_lookBack];
        var since = bounds.Max();
        var (changes, first, last) = (0L, DateTimeOffset.MaxValue, DateTimeOffset.MinValue);
        foreach (var connection in mine)
        {
            foreach (var run in Polled(await ListRunsAsync(connection.Id, since, cancellationToken)).Where(run => run.StartedAt > since))
            {
                changes += ChangesOf(run);
                (first, last) = (run.StartedAt < first ? run.StartedAt : first, run.StartedAt > last ? run.StartedAt : last);
            }
        }

        return changes >= limits.UntoldChanges && last - first >= limits.UntoldFor
            ? new UntoldView(since, tally.AcceptedAt, changes, await SayAsync(tally, since, changes, cancellationToken))
            : null;
    }

    /// <returns>Those that began since then, newest first, and some from before.</returns>
    private async Task<List<SyncRun>> ListRunsAsync(ConnectionId connection, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var runs = new List<SyncRun>();
        var page = await store.ListRunsAsync(connection, null, RunsAtOnce, cancellationToken);
        while (true)
        {
            runs.AddRange(page);
            if (page.Count < RunsAtOnce || page[^1].StartedAt <= since)
            {
                return runs;
            }

            page = await store.ListRunsAsync(connection, null, page[^1].Id, RunsAtOnce, cancellationToken);
        }
    }

    /// <summary>Those that found changes that a webhook could have told of. What a stream's first whole fetch brings was there before.</summary>
    private static IEnumerable<SyncRun> Polled(IEnumerable<SyncRun> newestFirst) => newestFirst.Reverse().Where(static run => run.From is null && InboxKey.Works.Contains(run.Stream.Value))
        .GroupBy(static run => run.Stream)
        .SelectMany(static runs => runs.SkipWhile(static run => run.Outcome != SyncOutcome.Completed).Skip(1))
        .Where(static run => run.Trigger is RunTrigger.Schedule or RunTrigger.Request && ChangesOf(run) > 0);

    private static long ChangesOf(SyncRun run) => run.Inserted + run.Updated + run.Deleted;

    private async Task<string> SayAsync(WebhookTally tally, DateTimeOffset since, long changes, CancellationToken cancellationToken)
    {
        var unclaimed = await inbox.CountUnclaimedAsync(tally.Driver, cancellationToken);
        (long Count, string What)[] all =
        [
            (tally.Refused, "came that were not signed with the key that is set for this address"),
            (tally.Astray, "came to another address than the one to register"),
            (unclaimed, "told of accounts that nobody connected"),
        ];
        var came = string.Join(", ", all.Where(static one => one.Count > 0).Select(static one => string.Create(CultureInfo.InvariantCulture, $"{one.Count} {one.What}")).DefaultIfEmpty("none came at all"));
        var accepted = tally.AcceptedAt is { } at ? string.Create(CultureInfo.InvariantCulture, $"No webhook was accepted since {at:u}") : "No webhook was ever accepted";
        return string.Create(CultureInfo.InvariantCulture, $"{accepted}, though polling alone found {changes} changes since {since:u}; {came}.");
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 2951, Level = LogLevel.Warning, Message = "Changes of {Driver} come with the schedule alone. {Says} What to do, `sous-plugins doctor` tells.")]
        public static partial void Untold(ILogger logger, DriverId driver, string says);

        [LoggerMessage(EventId = 2952, Level = LogLevel.Information, Message = "Webhooks of {Driver} come now.")]
        public static partial void Told(ILogger logger, DriverId driver);
    }
}
