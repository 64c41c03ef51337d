using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Drivers.Defects;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing;

/// <summary>How a scope or a run ended, what it met, and so who must act.</summary>
/// <param name="Reason">One plain sentence, or null where it completed.</param>
/// <param name="Trouble">What it met; null where it completed or was canceled.</param>
/// <param name="RetryAfter">How long the service asked to wait; null for the usual back-off.</param>
internal sealed record RunEnd(SyncOutcome Outcome, string? Reason = null, Trouble? Trouble = null, TimeSpan? RetryAfter = null)
{
    public static readonly RunEnd Completed = new(SyncOutcome.Completed);

    /// <summary>Whether time alone may mend it, as it does an outage of any length: then it is tried on and on.</summary>
    public bool PassesByWaiting => Trouble is not (Syncing.Trouble.DriverDefect or Syncing.Trouble.Suspect);

    public Actor Actor => Trouble?.WhoMustAct() ?? Actor.Nobody;

    /// <summary>Whether the run's other scopes would meet the same: they are then not tried.</summary>
    public bool StopsRun { get; init; }

    /// <summary>Whether some of the run's scopes are well, or only met an outage: what somebody must mend for the others does not stop the schedule.</summary>
    public bool IsPartial { get; init; }

    /// <summary>Not done, and no failure either: it goes on by itself when <see cref="RetryAfter"/> is over.</summary>
    public bool GoesOn { get; init; }

    /// <summary>How a scope ended that is to be gone on with, though another's end is worse; or null.</summary>
    public RunEnd? Rest { get; init; }

    /// <summary>What an earlier run still has an operator to decide on, one sentence, though this one completed; or null.</summary>
    public string? Question { get; init; }

    /// <summary>Where the driver is to blame: types and stacks of what it threw, or null where it threw nothing.</summary>
    public string? Trace { get; init; }

    /// <summary>The build that it ran in; null where that is not known, and then it is the one that serves.</summary>
    public DriverBuild? Build { get; init; }

    /// <summary>The worse of two, or the one that has to wait longer: a run ends like the worst of its scopes. Of several that go on the first to do so counts.</summary>
    public RunEnd And(RunEnd other)
    {
        var worse = other.Weight.CompareTo(Weight) > 0 ? other : this;
        var rest = worse.Outcome == SyncOutcome.RetryLater ? null
            : Pending is { } mine && other.Pending is { } others ? mine.And(others)
            : Pending ?? other.Pending;
        return worse with { Question = Question ?? other.Question, Rest = rest };
    }

    public static RunEnd After(DriverException failure) => failure.Kind switch
    {
        FailureKind.Transient when failure.IsSuspect => new(SyncOutcome.Suspect, failure.Message, Syncing.Trouble.Suspect),
        FailureKind.Transient => new(SyncOutcome.RetryLater, failure.Message, Syncing.Trouble.ServiceDown, WaitOf(failure)),
        FailureKind.RateLimited => new(SyncOutcome.RetryLater, failure.Message, Syncing.Trouble.RateLimited, WaitOf(failure)) { StopsRun = true },
        FailureKind.Unauthorized => new(SyncOutcome.NeedsReconnect, failure.Message, Syncing.Trouble.NeedsReconnect) { StopsRun = true },
        FailureKind.Misconfigured => new(SyncOutcome.NeedsAttention, failure.Message, Syncing.Trouble.Misconfigured),
        _ => new(SyncOutcome.NeedsAttention, failure.Message, Syncing.Trouble.DriverDefect) { Trace = DefectTrace.Of(failure) },
    };

    /// <summary>A defect: the exception's own text may hold the service's data, so only its type is told.</summary>
    public static RunEnd AfterDefect(Exception defect)
        => new(SyncOutcome.NeedsAttention, $"The driver failed with {defect.GetType().Name}: this is a defect of the driver.", Syncing.Trouble.DriverDefect) { Trace = DefectTrace.Of(defect) };

    public static RunEnd AfterDrain()
        => new(SyncOutcome.RetryLater, "Another version of the driver took over while it ran; the next run goes on from there.", Syncing.Trouble.Waiting, TimeSpan.Zero) { StopsRun = true, GoesOn = true };

    public static RunEnd After(PageRefusedException refused)
        => new(refused.Outcome, refused.Message, refused.Outcome == SyncOutcome.Suspect ? Syncing.Trouble.Suspect : Syncing.Trouble.DriverDefect);

    private RunEnd? Pending => Outcome == SyncOutcome.RetryLater ? this : Rest;

    private (int Rank, bool IsFailure, TimeSpan Wait) Weight => (Rank(Outcome), !GoesOn, GoesOn ? -(RetryAfter ?? TimeSpan.Zero) : RetryAfter ?? TimeSpan.Zero);

    // One that is over was reckoned by a clock that goes ahead: no service asks to be called again at once.
    private static TimeSpan? WaitOf(DriverException failure) => failure.RetryAfter > TimeSpan.Zero ? failure.RetryAfter : null;

    private static int Rank(SyncOutcome outcome) => outcome switch
    {
        SyncOutcome.Completed => 0,
        SyncOutcome.RetryLater => 1,
        SyncOutcome.Suspect => 2,
        SyncOutcome.NeedsAttention => 3,
        SyncOutcome.NeedsReconnect => 4,
        _ => 5,
    };
}
