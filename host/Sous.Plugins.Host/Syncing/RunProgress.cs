using Sous.Plugins.Host.Changes;

namespace Sous.Plugins.Host.Syncing;

/// <summary>How far a run has come, for whoever watches it. Safe for any number of threads.</summary>
internal sealed class RunProgress
{
    private readonly Lock _gate = new();
    private readonly List<ScopeProgress> _scopes = [];
    private TaskCompletionSource _changed = NewSignal();
    private DateTimeOffset? _lastAt;
    private SyncRun? _stored;

    /// <summary>The scopes in the order in which they began.</summary>
    public IReadOnlyList<ScopeProgress> Scopes
    {
        get
        {
            lock (_gate)
            {
                return [.. _scopes];
            }
        }
    }

    /// <summary>Completes at the next change after the call.</summary>
    public Task Changed
    {
        get
        {
            lock (_gate)
            {
                return _changed.Task;
            }
        }
    }

    public void Begin(string? location, string? name) => Change(() => _scopes.Add(new ScopeProgress(location, name)));

    /// <summary>When the run last stored something or ended a window; null before.</summary>
    public DateTimeOffset? LastAt
    {
        get
        {
            lock (_gate)
            {
                return _lastAt;
            }
        }
    }

    /// <summary>How many windows a run over business days goes through, over all its scopes; 0 for one since a checkpoint.</summary>
    public int Windows { get; private set; }

    /// <summary>Those of earlier runs included.</summary>
    public int WindowsDone { get; private set; }

    /// <summary>How many windows earlier runs had done.</summary>
    public int WindowsBefore { get; private set; }

    public void Plan(int windows, int done = 0) => Change(() => (Windows, WindowsDone, WindowsBefore) = (windows, done, done));

    public void EndWindow(DateTimeOffset at) => Change(() => (WindowsDone, _lastAt) = (Math.Min(Windows, WindowsDone + 1), at));

    public void Add(string? location, CommitResult page, DateTimeOffset at) => Replace(location, at, scope => scope.Add(page));

    public void Delete(string? location, int records, DateTimeOffset at) => Replace(location, at, scope => scope with { Deleted = scope.Deleted + records });

    public void End(string? location, SyncOutcome outcome) => Replace(location, _lastAt, scope => scope with { State = outcome });

    /// <summary>All that is known at this moment.</summary>
    public RunProgressState State
    {
        get
        {
            lock (_gate)
            {
                return new RunProgressState(Windows, WindowsDone, WindowsBefore, _lastAt, [.. _scopes]);
            }
        }
    }

    /// <summary>Takes what another host knows, which carries the run out.</summary>
    public void Take(RunProgressState state) => Change(() =>
    {
        (Windows, WindowsDone, WindowsBefore, _lastAt) = (state.Windows, state.WindowsDone, state.WindowsBefore, state.LastAt);
        _scopes.Clear();
        _scopes.AddRange(state.Scopes);
    });

    /// <summary>Takes the counts of a run from the store, since what its scopes say may be behind.</summary>
    public void Restore(SyncRun stored) => Change(() => _stored = stored);

    /// <summary>The run with the counts of all its scopes.</summary>
    public SyncRun CountInto(SyncRun run)
    {
        if (_stored is { } stored)
        {
            return run with { Pages = stored.Pages, Inserted = stored.Inserted, Updated = stored.Updated, Unchanged = stored.Unchanged, Deleted = stored.Deleted, Held = stored.Held };
        }

        var scopes = Scopes;
        return run with
        {
            Pages = scopes.Sum(static scope => scope.Pages),
            Inserted = scopes.Sum(static scope => scope.Inserted),
            Updated = scopes.Sum(static scope => scope.Updated),
            Unchanged = scopes.Sum(static scope => scope.Unchanged),
            Deleted = scopes.Sum(static scope => scope.Deleted),
            Held = scopes.Sum(static scope => scope.Held),
        };
    }

    private void Replace(string? location, DateTimeOffset? at, Func<ScopeProgress, ScopeProgress> change) => Change(() =>
    {
        _lastAt = at;
        var index = _scopes.FindIndex(scope => scope.Location == location);
        _scopes[index] = change(_scopes[index]);
    });

    private void Change(Action change)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            change();
            changed = _changed;
            _changed = NewSignal();
        }

        // Outside the lock: who waits goes on at once, and asks.
        changed.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
