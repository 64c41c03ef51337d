using System.Globalization;
using Microsoft.Extensions.Options;
using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Drivers.Defects;

/// <summary>
/// Counts the defects of each driver, build by build, and stops one that has had too many. What one connection meets counts for
/// that connection alone: its data may be to blame. Safe for many threads; throws nothing, since it is called where nobody catches.
/// </summary>
internal sealed partial class DriverDefects(IOptions<DefectsOptions> options, TimeProvider clock, ILogger<DriverDefects> logger)
{
    private const int MostKept = 20;

    private readonly Lock _gate = new();
    private readonly Dictionary<DriverBuild, Tally> _tallies = [];

    /// <summary>Called when a driver was quarantined; whoever listens returns soon and does not throw.</summary>
    public event Action<Quarantine>? Quarantined;

    /// <summary>An exception that nobody caught, on a thread of the driver's own.</summary>
    public void TakeUnhandled(DriverBuild build, Exception exception)
    {
        var trace = DefectTrace.Of(exception);
        Log.Unhandled(logger, build.Driver, trace);
        Take(build, new Defect(clock.GetUtcNow(), Defect.OwnThread, null, $"{exception.GetType().Name} on a thread of its own, which nobody caught.", trace));
    }

    /// <summary>A run or a call that failed by the driver's fault.</summary>
    /// <param name="connection">Null where it was for none: it is kept, and speaks neither against the driver nor for it.</param>
    /// <param name="where">What it was asked for.</param>
    /// <param name="reason">One plain sentence, without the service's data.</param>
    /// <param name="isPartial">Whether it went well for the most: it is kept, and speaks neither against the driver nor for it.</param>
    public void TakeFailure(DriverBuild build, ConnectionId? connection, string where, string reason, string? trace, bool isPartial = false)
        => Take(build, new Defect(clock.GetUtcNow(), where, connection, reason, trace) { IsPartial = isPartial });

    /// <summary>A run went well: its connection counts among those that the driver works for.</summary>
    public void TakeSuccess(DriverBuild build, ConnectionId connection)
    {
        lock (_gate)
        {
            TallyOf(build).Well.Add(connection);
        }
    }

    public Quarantine? Find(DriverBuild build)
    {
        lock (_gate)
        {
            return _tallies.GetValueOrDefault(build)?.Quarantine;
        }
    }

    /// <summary>What was counted of a build, the latest first; at most twenty, and those that led to its quarantine.</summary>
    public IReadOnlyList<Defect> ListOf(DriverBuild build)
    {
        lock (_gate)
        {
            return _tallies.GetValueOrDefault(build) is { } tally ? [.. tally.Kept] : [];
        }
    }

    /// <summary>Takes up a quarantine of before the start.</summary>
    public void Restore(Quarantine quarantine)
    {
        lock (_gate)
        {
            var tally = TallyOf(quarantine.Build);
            tally.Quarantine ??= quarantine;
            tally.Kept.AddRange(quarantine.Defects);
        }
    }

    /// <summary>Lets a build serve again, and counts from nought.</summary>
    public void Release(DriverBuild build)
    {
        lock (_gate)
        {
            _tallies.Remove(build);
        }
    }

    /// <summary>A plugin's row with what is counted of it: quarantined, or failing where only the process was left to notice.</summary>
    public DriverRow Mark(DriverRow row)
    {
        if (row is not { Generation: not null, Sha256: { } sha256 })
        {
            return row;
        }

        var build = new DriverBuild(row.Id, sha256);
        if (Find(build) is { } quarantine)
        {
            return row with { State = DriverState.Quarantined, Reason = Join(quarantine.Reason, row.Reason), Remedy = Join(quarantine.Remedy, row.Remedy) };
        }

        var since = clock.GetUtcNow() - options.Value.Window;
        return ListOf(build).Where(defect => defect.IsUnhandled && defect.At > since).ToList() is [{ } last, ..] unhandled
            ? row with
            {
                Reason = Join(string.Create(CultureInfo.InvariantCulture, $"It serves, and failed {unhandled.Count} times within {options.Value.Window.TotalMinutes:0} minutes on threads of its own, last at {last.At:yyyy-MM-dd HH:mm} UTC: {last.Reason}"), row.Reason),
                Remedy = Join($"Tell its author, with the stacks that GET /api/v1/drivers/{row.Id} shows.", row.Remedy),
            }
            : row;
    }

    private void Take(DriverBuild build, Defect defect)
    {
        Quarantine? quarantine;
        lock (_gate)
        {
            var tally = TallyOf(build);
            tally.Kept.Insert(0, defect);
            if (tally.Kept.Count > Math.Max(MostKept, options.Value.Failures))
            {
                tally.Kept.RemoveAt(tally.Kept.Count - 1);
            }

            if (defect is { Connection: { } connection, IsPartial: false })
            {
                tally.Well.Remove(connection);
            }

            quarantine = tally.Quarantine is null ? Judge(build, tally, defect.At) : null;
            tally.Quarantine ??= quarantine;
        }

        if (quarantine is not null)
        {
            Log.Quarantined(logger, build.Driver, quarantine.Reason);
            Quarantined?.Invoke(quarantine);
        }
    }

    private Quarantine? Judge(DriverBuild build, Tally tally, DateTimeOffset now)
    {
        var limits = options.Value;
        var recent = tally.Kept.Where(defect => defect.At > now - limits.Window).ToList();
        var unhandled = recent.Count(static defect => defect.IsUnhandled);
        var failed = recent.Where(static defect => defect is { Connection: not null, IsPartial: false }).ToList();
        var connections = failed.DistinctBy(static defect => defect.Connection).Count();
        var reason = unhandled >= limits.Unhandled
            ? string.Create(CultureInfo.InvariantCulture, $"It failed {unhandled} times within {limits.Window.TotalMinutes:0} minutes on threads of its own.")
            // Where more connections are well than not, it is for those that are not to wait: each has its own back-off.
            : failed.Count >= limits.Failures && connections >= limits.Connections && connections > tally.Well.Count
            ? string.Create(CultureInfo.InvariantCulture, $"It failed {failed.Count} times within {limits.Window.TotalMinutes:0} minutes, for {connections} connections, while {tally.Well.Count} are well.")
            : null;
        return reason is null
            ? null
            : new Quarantine(build, now, string.Create(CultureInfo.InvariantCulture, $"It is quarantined since {now:yyyy-MM-dd HH:mm} UTC: {reason} The last: {recent[0].Reason}"), recent);
    }

    private Tally TallyOf(DriverBuild build)
    {
        if (!_tallies.TryGetValue(build, out var tally))
        {
            _tallies[build] = tally = new Tally();
        }

        return tally;
    }

    private static string Join(string ours, string? others) => others is null ? ours : $"{ours} {others}";

    private sealed class Tally
    {
        /// <summary>The latest first.</summary>
        public List<Defect> Kept { get; } = [];

        /// <summary>Connections whose last run went well.</summary>
        public HashSet<ConnectionId> Well { get; } = [];

        public Quarantine? Quarantine { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1020, Level = LogLevel.Error, Message = "The driver {Driver} has a defect: an exception on a thread of its own, which nobody caught. The process lives on. {Trace}")]
        public static partial void Unhandled(ILogger logger, DriverId driver, string trace);

        [LoggerMessage(EventId = 1021, Level = LogLevel.Error, Message = "The driver {Driver} serves no more. {Reason}")]
        public static partial void Quarantined(ILogger logger, DriverId driver, string reason);
    }
}
