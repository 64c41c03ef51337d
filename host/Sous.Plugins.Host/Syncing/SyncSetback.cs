using System.Globalization;

namespace Sous.Plugins.Host.Syncing;

/// <summary>What keeps a sync from going by its schedule alone.</summary>
internal sealed record SyncSetback
{
    /// <summary>All is well, as with nearly every sync at any time.</summary>
    public static readonly SyncSetback None = new();

    /// <summary>Somewhat less than a day, so that a schedule of once a day leaves out none.</summary>
    private static readonly TimeSpan s_onceADay = TimeSpan.FromHours(22);

    /// <summary>What a run met that somebody must act on first, or null.</summary>
    public string? Stopped { get; init; }

    /// <summary>Failures in a row that nobody has to act on.</summary>
    public int Failures { get; init; }

    /// <summary>Runs in a row that ended by a defect of the driver.</summary>
    public int Defects { get; init; }

    /// <summary>Since when no run has come through, for what does not pass by waiting; null where none met such a thing since the last that did.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Why the host itself tries it no more than once a day, one sentence, or null.</summary>
    public string? Paused { get; init; }

    /// <summary>Nothing is due by the schedule before it.</summary>
    public DateTimeOffset NotBefore { get; init; }

    /// <summary>The run that is to be tried again; while there is one the schedule is passed over.</summary>
    public RunRequest? Retry { get; init; }

    /// <summary>What fell due for another zone while a run was under way, which may have passed that zone's locations by then.</summary>
    public RunRequest? Again { get; init; }

    /// <summary>Somebody must act first. A retry that stayed, without its due, would keep the schedule passed over for ever after.</summary>
    public SyncSetback Stop(string? reason) => this with { Stopped = reason, Retry = null };

    /// <summary>It has failed for so long that trying it as often as ever only costs calls; once a day tells when it is well again.</summary>
    public SyncSetback Pause(RunEnd end, DateTimeOffset now) => this with
    {
        Defects = Defects + 1,
        NotBefore = now + s_onceADay,
        Paused = string.Create(
            CultureInfo.InvariantCulture,
            $"The host paused it: no run has come through since {Since?.UtcDateTime:yyyy-MM-dd HH:mm} UTC. It is tried once a day, and goes on by its schedule once that goes well or the connection is resumed. {end.Reason}"),
    };

    /// <summary>Counts a run that ended, with no word yet on what is to be done about it.</summary>
    public SyncSetback Count(RunEnd end, DateTimeOffset now) => this with
    {
        Again = null,
        Paused = null,
        Failures = end is { Outcome: SyncOutcome.RetryLater, GoesOn: false } ? Failures + 1 : 0,
        Since = end.Outcome == SyncOutcome.Completed || end.IsPartial ? null : end.PassesByWaiting ? Since : Since ?? now,
    };
}
