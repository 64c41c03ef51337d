using System.Diagnostics.CodeAnalysis;
using Sous.Plugins.Simulators.Hosting;

namespace Sous.Plugins.Proofs.Troubles;

/// <summary>Stands before a service: lets the next calls meet what was chosen for them, one each, and sees that none comes earlier than it was told to.</summary>
internal sealed class TroubleGate(TroubledService service, TimeProvider clock)
{
    /// <summary>Whoever asked may be gone by then: nobody says so.</summary>
    private static readonly TimeSpan s_longestAnswer = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Queue<Trouble> _next = [];
    private readonly Dictionary<RecordedRequest, long> _open = new(ReferenceEqualityComparer.Instance);
    private DateTimeOffset _closedAt;
    private DateTimeOffset _closedUntil;
    private RecordedRequest? _refused;
    private int _sameAgain;
    private int _stirs;

    /// <summary>Whether calls are being answered now, apart from those whose answer waits for the clock.</summary>
    public bool IsAnswering
    {
        get
        {
            lock (_lock)
            {
                return _open.Values.Any(static since => TimeProvider.System.GetElapsedTime(since) < s_longestAnswer);
            }
        }
    }

    /// <summary>What calls that came too early were, a sentence each.</summary>
    public List<string> Early { get; } = [];

    /// <summary>Until when the service has asked not to be called.</summary>
    public DateTimeOffset ClosedUntil
    {
        get
        {
            lock (_lock)
            {
                return _closedUntil;
            }
        }
    }

    /// <summary>Calls of the API that have come so far, and those that were answered.</summary>
    public int Stirs => Volatile.Read(ref _stirs);

    /// <summary>Troubles that calls have met, by their names.</summary>
    public Dictionary<string, int> Met { get; } = [];

    public void Add(IEnumerable<Trouble> troubles)
    {
        lock (_lock)
        {
            foreach (var trouble in troubles)
            {
                _next.Enqueue(trouble);
            }
        }
    }

    /// <summary>From here on all goes well.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _next.Clear();
        }
    }

    /// <summary>How many waits were asked for that nobody read, since whoever called had given up, as where another of its calls had failed.</summary>
    public int Unread { get; private set; }

    /// <summary>Calls may come again from then on: what was asked for beyond it was read by nobody.</summary>
    public void ForgetUnread(DateTimeOffset known)
    {
        lock (_lock)
        {
            (_closedUntil, Unread) = (known, Unread + 1);
        }
    }

    /// <summary>Calls may come again from then on, whatever was answered.</summary>
    public void ForgetBeyond(DateTimeOffset known)
    {
        lock (_lock)
        {
            _closedUntil = known < _closedUntil ? known : _closedUntil;
        }
    }

    public Task AskedAsync(RecordedRequest request)
    {
        if (!service.IsApi(request))
        {
            return Task.CompletedTask;
        }

        lock (_lock)
        {
            Interlocked.Increment(ref _stirs);
            _open[request] = TimeProvider.System.GetTimestamp();
            var now = clock.GetUtcNow();
            // Drivers list some things at once, and a day's totals and a run may ask the same: what was on its way together may still come,
            // the same once more too, but not again, and nothing later at all: until then nobody can know that it has to wait.
            if (now < _closedUntil && (_refused is null || !_open.ContainsKey(_refused)) && (now > _closedAt || (IsSame(request, _refused) && ++_sameAgain > 1)))
            {
                Early.Add($"{request.Method} {request.Path} came at {now:HH:mm:ss.fff}, before {_closedUntil:HH:mm:ss.fff}.");
            }

            if (!_next.TryDequeue(out var trouble))
            {
                return Task.CompletedTask;
            }

            Met[trouble.Name] = Met.GetValueOrDefault(trouble.Name) + 1;
            request.Meets = trouble.Chaos;
            if (!trouble.IsAnswered)
            {
                _open.Remove(request);
            }

            if (now + trouble.Wait > _closedUntil)
            {
                (_closedAt, _closedUntil, _refused, _sameAgain) = (now, now + trouble.Wait, request, 0);
            }

            if (trouble.RefusesToken)
            {
                service.RefuseToken();
            }
        }

        return Task.CompletedTask;
    }

    public Task AnsweredAsync(RecordedRequest request)
    {
        lock (_lock)
        {
            Interlocked.Increment(ref _stirs);
            _open.Remove(request);
        }

        return Task.CompletedTask;
    }

    private static bool IsSame(RecordedRequest one, [NotNullWhen(true)] RecordedRequest? other)
        => other is not null && (one.Method, one.Path, one.Query, one.Body) == (other.Method, other.Path, other.Query, other.Body);
}
