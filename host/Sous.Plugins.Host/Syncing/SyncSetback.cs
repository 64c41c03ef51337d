namespace Sous.Plugins.Host.Syncing;

/// <summary>What keeps a sync from going by its schedule alone.</summary>
internal sealed record SyncSetback
{
    /// <summary>All is well, as with nearly every sync at any time.</summary>
    public static readonly SyncSetback None = new();

    /// <summary>What a run met that somebody must act on first, or null.</summary>
    public string? Stopped { get; init; }

    /// <summary>Failures in a row that nobody has to act on.</summary>
    public int Failures { get; init; }

    /// <summary>Runs in a row that ended by a defect of the driver.</summary>
    public int Defects { get; init; }

    /// <summary>Nothing is due by the schedule before it.</summary>
    public DateTimeOffset NotBefore { get; init; }

    /// <summary>The run that is to be tried again; while there is one the schedule is passed over.</summary>
    public RunRequest? Retry { get; init; }

    /// <summary>What fell due for another zone while a run was under way, which may have passed that zone's locations by then.</summary>
    public RunRequest? Again { get; init; }
}
