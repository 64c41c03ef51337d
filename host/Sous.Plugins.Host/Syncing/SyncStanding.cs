using Sous.Plugins.Host.Connections;

namespace Sous.Plugins.Host.Syncing;

/// <summary>Where one sync stands with the scheduler. Guarded by the scheduler's lock.</summary>
internal sealed class SyncStanding(Connection connection, Sync sync, IReadOnlyList<TimeZoneInfo> zones)
{
    public TenantId Tenant { get; } = connection.Tenant;

    public DriverId Driver { get; } = connection.Driver;

    public Sync Sync { get; } = sync;

    public IReadOnlyList<TimeZoneInfo> Zones { get; } = zones;

    /// <summary>Null while the expression cannot be read.</summary>
    public CronSchedule? Schedule { get; init; }

    /// <summary>When the connection was given other settings, by which a run of its own is due, or null.</summary>
    public DateTimeOffset? SettingsChangedAt { get; } = connection.SettingsChangedAt;

    /// <summary>Why it is not scheduled at all, one sentence, or null.</summary>
    public string? Problem { get; init; }

    /// <summary>What a run met that somebody must act on first, or null.</summary>
    public string? Stopped { get; set; }

    /// <summary>Failures in a row that nobody has to act on.</summary>
    public int Failures { get; set; }

    /// <summary>Runs in a row that ended by a defect of the driver.</summary>
    public int Defects { get; set; }

    /// <summary>Nothing is due by the schedule before it.</summary>
    public DateTimeOffset NotBefore { get; set; }

    /// <summary>The run that is to be tried again; while there is one the schedule is passed over.</summary>
    public RunRequest? Retry { get; set; }

    /// <summary>What fell due for another zone while a run was under way, which may have passed that zone's locations by then.</summary>
    public RunRequest? Again { get; set; }

    /// <summary>A run of the sync that is wanted.</summary>
    public RunRequest Request(string trigger) => new(Tenant, Driver, Sync.Key, trigger);

    /// <summary>Whether a connection of that condition has its schedules waited for; one that is paused has, and its runs are passed over.</summary>
    public static bool IsScheduled(Connection connection) => MayRun(connection) || connection.Status == ConnectionStatus.Paused;

    /// <summary>Whether a connection of that condition syncs now.</summary>
    public static bool MayRun(Connection connection)
        => connection.Status is ConnectionStatus.Ok or ConnectionStatus.Refreshing or ConnectionStatus.NeedsAttention;
}
