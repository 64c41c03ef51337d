using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Proofs.Kills;

/// <summary>
/// Stands before a service: lets a walk through it begin only when a moment of it was chosen, and acts at that moment. While
/// it waits for it, the service goes on changing.
/// </summary>
internal sealed class RequestGate(KilledService service, Random random)
{
    private const int ChangeEvery = 3;

    private readonly Lock _lock = new();
    private readonly int[] _steps = new int[Enum.GetValues<KillKind>().Length];
    private TaskCompletionSource _open = NewSignal();
    private TaskCompletionSource _met = NewSignal();
    private KillMoment? _moment;
    private Func<Task>? _act;
    private RecordedRequest? _last;
    private RecordedRequest? _wanted;

    /// <summary>Requests of walks that came so far.</summary>
    public int Requests { get; private set; }

    /// <summary>Whether the moment that was chosen last has come.</summary>
    public bool HasActed
    {
        get
        {
            lock (_lock)
            {
                return _act is null;
            }
        }
    }

    /// <summary>No walk goes on until the gate is opened; what waits here by then is not answered any more.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _open = _open.Task.IsCompleted ? NewSignal() : _open;
            _moment = null;
        }
    }

    /// <summary>Every walk passes, and nothing happens.</summary>
    public void Open()
    {
        lock (_lock)
        {
            _moment = null;
            _open.TrySetResult();
        }
    }

    /// <returns>Completes once the moment has come and the act is done.</returns>
    public Task Arm(KillMoment moment, Func<Task> act)
    {
        lock (_lock)
        {
            Array.Clear(_steps);
            (_moment, _act, _last, _wanted, _met) = (moment, act, null, null, NewSignal());
            _open.TrySetResult();
            return _met.Task;
        }
    }

    public async Task AskedAsync(RecordedRequest request)
    {
        Task open;
        KillMoment? moment;
        lock (_lock)
        {
            open = _open.Task;
            moment = open.IsCompleted ? Count(request) : null;
        }

        if (service.StepOf(null, request) is not null)
        {
            await open;
        }

        if (moment is { Answered: false })
        {
            await ActAsync(moment);
        }
        else if (moment is not null)
        {
            _wanted = request;
        }
    }

    public async Task AnsweredAsync(RecordedRequest request)
    {
        if (ReferenceEquals(_wanted, request) && _moment is { } moment)
        {
            await ActAsync(moment);
        }
    }

    /// <returns>The moment, if it has come with this request.</returns>
    private KillMoment? Count(RecordedRequest request)
    {
        if (_moment is not { } moment || service.StepOf(_last, request) is not { } kind)
        {
            return null;
        }

        _last = request;
        Requests++;
        var pages = ++_steps[(int)KillKind.Page];
        if (kind != KillKind.Page)
        {
            _steps[(int)kind]++;
        }

        if (pages % ChangeEvery == 0)
        {
            service.Change(random);
        }

        return (kind == moment.Kind || moment.Kind == KillKind.Page) && _steps[(int)moment.Kind] == moment.Nth ? moment : null;
    }

    private async Task ActAsync(KillMoment moment)
    {
        Func<Task>? act;
        lock (_lock)
        {
            (act, _act) = (_act, null);
        }

        if (act is null)
        {
            return;
        }

        await Task.Delay(moment.Wait);
        await act();
        _met.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
