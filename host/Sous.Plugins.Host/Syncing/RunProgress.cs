using Sous.Plugins.Host.Changes;

namespace Sous.Plugins.Host.Syncing;

/// <summary>How far a run has come, for whoever watches it. Safe for any number of threads.</summary>
internal sealed class RunProgress
{
    private readonly Lock _gate = new();
    private readonly List<ScopeProgress> _scopes = [];
    private TaskCompletionSource _changed = NewSignal();

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

    public void Add(string? location, CommitResult page) => Replace(location, scope => scope.Add(page));

    public void Delete(string? location, int records) => Replace(location, scope => scope with { Deleted = scope.Deleted + records });

    public void End(string? location, SyncOutcome outcome) => Replace(location, scope => scope with { State = outcome });

    /// <summary>The run with the counts of all its scopes.</summary>
    public SyncRun CountInto(SyncRun run)
    {
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

    private void Replace(string? location, Func<ScopeProgress, ScopeProgress> change) => Change(() =>
    {
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
