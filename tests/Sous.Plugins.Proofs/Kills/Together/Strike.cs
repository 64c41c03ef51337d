namespace Sous.Plugins.Proofs.Kills.Together;

/// <summary>Acts once, when work of a kind that was chosen has come for the nth time. Safe to use from several threads.</summary>
internal sealed class Strike
{
    private readonly Lock _lock = new();
    private WorkKind _kind;
    private int _left;
    private TimeSpan _wait;
    private Func<Task>? _act;
    private TaskCompletionSource _acted = new();

    /// <param name="nth">From 1.</param>
    /// <param name="wait">A little more, from when it has come.</param>
    /// <returns>Completes once the act is done.</returns>
    public Task Arm(WorkKind kind, int nth, TimeSpan wait, Func<Task> act)
    {
        lock (_lock)
        {
            (_kind, _left, _wait, _act, _acted) = (kind, nth, wait, act, new(TaskCreationOptions.RunContinuationsAsynchronously));
            return _acted.Task;
        }
    }

    /// <returns>False where the act is under way or done.</returns>
    public bool TryDisarm()
    {
        lock (_lock)
        {
            var isArmed = _act is not null;
            _act = null;
            return isArmed;
        }
    }

    /// <summary>Such work has come. Where it is the one that was chosen, whoever tells of it waits for the act.</summary>
    public async Task NoteAsync(WorkKind kind)
    {
        Func<Task> act;
        lock (_lock)
        {
            if (_act is null || kind != _kind || --_left > 0)
            {
                return;
            }

            (act, _act) = (_act, null);
        }

        await Task.Delay(_wait);
        await act();
        _acted.SetResult();
    }
}
