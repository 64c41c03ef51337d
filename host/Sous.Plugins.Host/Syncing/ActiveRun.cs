using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers;
using Sous.Plugins.Host.Drivers.Egress;

namespace Sous.Plugins.Host.Syncing;

/// <summary>A run that waits for its turn or is under way.</summary>
internal sealed class ActiveRun : IDisposable
{
    private readonly CancellationTokenSource _cancel = new();
    private readonly TaskCompletionSource<SyncRun> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<ScopeFetch> _fetches = [];
    private volatile SyncRun _run;

    public ActiveRun(RunRequest request, DateTimeOffset now)
    {
        Request = request;
        WantedAt = request.DueAt ?? now;
        Canceled = _cancel.Token;
        _run = new SyncRun
        {
            Id = RandomText.Id("run_"),
            Tenant = request.Tenant,
            Connection = request.Key.Connection,
            Stream = request.Key.Stream,
            Trigger = request.Trigger,
            From = request.From,
            To = request.To,
            Outcome = SyncOutcome.Running,
            StartedAt = now,
        };
    }

    public RunRequest Request { get; }

    /// <summary>Since when it should be under way.</summary>
    public DateTimeOffset WantedAt { get; }

    public RunProgress Progress { get; } = new();

    /// <summary>The run as it stands now, with what it has stored so far.</summary>
    public SyncRun Run => _run.Outcome == SyncOutcome.Running ? Progress.CountInto(_run) : _run;

    /// <summary>Whether the store knows it: it has its fencing number.</summary>
    public bool HasBegun => _run.Fence != 0;

    /// <summary>The generation of the driver that it runs in; null before it has opened one.</summary>
    public LoadedDriver? Generation { get; set; }

    /// <summary>What becomes of the driver's calls; null before it has opened one, and where they cannot be seen.</summary>
    public CallWatch? Calls { get; set; }

    /// <summary>Whether the driver did not stop when it was told to: nothing more is asked of it in this run.</summary>
    public bool IsLeftBehind { get; set; }

    /// <summary>Whether another run of its sync is wanted meanwhile: a backfill then goes on after that one.</summary>
    public bool GivesWay { get; set; }

    /// <summary>Why it is stopped to go on later, or null: what is canceled is over.</summary>
    public string? Suspended { get; private set; }

    /// <summary>How it ends that was stopped or canceled.</summary>
    public RunEnd EndOfCancel => Suspended is { } reason ? new RunEnd(SyncOutcome.RetryLater, reason, Trouble.Waiting) { StopsRun = true } : new RunEnd(SyncOutcome.Canceled, "It was canceled.");

    public CancellationToken Canceled { get; }

    public Task<SyncRun> Ended => _ended.Task;

    /// <summary>How it ended; null before <see cref="Ended"/> completes.</summary>
    public RunEnd? End { get; private set; }

    /// <summary>Whether nothing of it is to be gone on with: it is done, was canceled, or somebody must act first for all that is left.</summary>
    public bool IsOver(RunEnd end) => end.Outcome switch
    {
        SyncOutcome.Canceled => Canceled.IsCancellationRequested && Suspended is null,
        var outcome => outcome is not (SyncOutcome.RetryLater or SyncOutcome.NeedsReconnect) && end.Rest is null,
    };

    /// <summary>Whether what it met is told by the run that ends what it is a part of: each part of a backfill may meet it.</summary>
    public bool IsToldLater(RunEnd end) => Request.IsBackfill && end is { Rest: not null, Outcome: not SyncOutcome.NeedsReconnect };

    public void Begin(SyncRun begun) => _run = begun;

    /// <summary>Notes how a scope ended that was fetched from <paramref name="began"/> on.</summary>
    public void Leave(Scope scope, DateTimeOffset began, RunEnd end)
    {
        if (end.Outcome != SyncOutcome.Canceled)
        {
            var isWhole = end is { Outcome: SyncOutcome.Completed, Question: null };
            _fetches.Add(new ScopeFetch(scope.Location, isWhole ? began : null, end.Question is null ? end.Trouble : Trouble.Suspect, end.Reason ?? end.Question));
        }
    }

    /// <summary>How the scopes ended that were left so far.</summary>
    public IReadOnlyList<ScopeFetch> Fetches => _fetches;

    /// <summary>Takes how they ended on another host, which carried the run out.</summary>
    public void Take(IEnumerable<ScopeFetch> fetches) => _fetches.AddRange(fetches);

    /// <summary>What the run has left of its scopes, and of those that it did not come to; nothing where it was over business days or canceled, which says nothing of the present.</summary>
    public IReadOnlyList<ScopeFetch> FetchesOf(RunEnd end)
    {
        if (Request.From is not null || end.Outcome == SyncOutcome.Canceled)
        {
            return [];
        }

        return end.StopsRun ? [.. _fetches, new ScopeFetch(null, null, end.Trouble, end.Reason)]
            : _fetches.Exists(static fetch => fetch.Location is null) ? _fetches
            : [.. _fetches, new ScopeFetch(null, null, null, null)];
    }

    public void Finish(SyncRun ended, RunEnd end)
    {
        (_run, End) = (ended, end);
        _ended.TrySetResult(ended);
    }

    /// <summary>Stops it where it is; what it has stored stays, and it is gone on with from there.</summary>
    public void Suspend(string reason)
    {
        Suspended = reason;
        Cancel();
    }

    public void Cancel()
    {
        try
        {
            _cancel.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended in this very moment: there is nothing to cancel any more.
        }
    }

    public void Dispose() => _cancel.Dispose();
}
