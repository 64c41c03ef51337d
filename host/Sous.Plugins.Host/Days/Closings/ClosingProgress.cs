using Sous.Plugins.Host.Authorization;
using Sous.Plugins.Host.Syncing;

namespace Sous.Plugins.Host.Days.Closings;

/// <summary>
/// How far a connection's days have come, as far as that need not outlive the host: a run that is waited for, and failures of
/// the service. Used by one turn at a time.
/// </summary>
internal sealed class ClosingProgress
{
    private static readonly BackOff s_backOff = new(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(30));

    private readonly Dictionary<ClosingKey, (int Failures, DateTimeOffset Until)> _behind = [];
    private readonly Dictionary<string, DateTimeOffset> _fetched = new(StringComparer.Ordinal);
    private readonly HashSet<ClosingKey> _resynced = [];
    private int _failures;

    /// <summary>The run of the connection's sales that is waited for, whoever began it; null for none.</summary>
    public ActiveRun? Run { get; private set; }

    /// <summary>The day that the run syncs again, where it was begun for that.</summary>
    public ClosingKey? Resyncing { get; private set; }

    /// <summary>The service is not asked before.</summary>
    public DateTimeOffset Until { get; private set; }

    /// <summary>Waits for a run: for one of the connection's sales that somebody else began, where it is for no day and no location.</summary>
    public void Await(ActiveRun run, ClosingKey? resyncing) => (Run, Resyncing) = (run, resyncing);

    /// <summary>Takes the run that has ended, if it has.</summary>
    public bool TryTakeEnded(out ActiveRun? run, out ClosingKey? resynced)
    {
        (run, resynced) = (Run, Resyncing);
        if (run is not { End: not null, Ended.IsCompleted: true })
        {
            return false;
        }

        (Run, Resyncing) = (null, null);
        return true;
    }

    /// <summary>What the locations' sales are complete up to.</summary>
    public void Fetched(IEnumerable<string> locations, DateTimeOffset at)
    {
        foreach (var location in locations)
        {
            _fetched[location] = at;
        }
    }

    public bool IsFetchedSince(string location, DateTimeOffset at) => _fetched.TryGetValue(location, out var since) && since >= at;

    public void Resynced(ClosingKey key) => _resynced.Add(key);

    public bool IsResynced(ClosingKey key) => _resynced.Contains(key);

    public bool MayTry(ClosingKey key, DateTimeOffset now) => !_behind.TryGetValue(key, out var wait) || wait.Until <= now;

    /// <summary>The service answered for the day.</summary>
    public void Succeed(ClosingKey key)
    {
        _behind.Remove(key);
        _resynced.Remove(key);
        (_failures, Until) = (0, default);
    }

    /// <summary>The service is left alone for a while, and the day goes behind the others.</summary>
    public void Fail(ClosingKey key, DateTimeOffset now, TimeSpan? asked)
    {
        PutBehind(key, now);
        Fail(now, asked);
    }

    /// <inheritdoc cref="Fail(ClosingKey, DateTimeOffset, TimeSpan?)"/>
    public void Fail(DateTimeOffset now, TimeSpan? asked) => Until = now + s_backOff.After(_failures++, asked);

    /// <summary>The day is not ready; others are not held up.</summary>
    public void PutBehind(ClosingKey key, DateTimeOffset now)
    {
        var failures = _behind.GetValueOrDefault(key).Failures;
        _behind[key] = (failures + 1, now + s_backOff.After(failures, null));
    }

    /// <summary>When the first of the days that were put behind is tried again; null where none waits.</summary>
    public DateTimeOffset? NextOf(IEnumerable<ClosingKey> keys)
        => keys.Where(_behind.ContainsKey).Select(key => (DateTimeOffset?)_behind[key].Until).Min();
}
