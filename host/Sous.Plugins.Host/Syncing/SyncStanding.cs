using Sous.Plugins.Host.Connections;
using Sous.Plugins.Sdk;

namespace Sous.Plugins.Host.Syncing;

/// <summary>
/// Where one sync stands with the scheduler, which guards it by its lock. There may be 100,000 of them, so it holds what
/// many share, and of its documents nothing that is not needed.
/// </summary>
internal sealed class SyncStanding(Connection connection, Sync sync, IReadOnlyList<TimeZoneInfo> zones)
{
    private SyncSetback _setback = SyncSetback.None;

    public TenantId Tenant { get; } = connection.Tenant;

    public DriverId Driver { get; } = new(string.Intern(connection.Driver.Value));

    public SyncKey Key { get; } = new(connection.Id, new StreamName(string.Intern(sync.Stream.Value)));

    public QuietHours? QuietHours { get; } = sync.QuietHours;

    public IReadOnlyList<TimeZoneInfo> Zones { get; } = zones;

    /// <summary>Null while the expression cannot be read.</summary>
    public CronSchedule? Schedule { get; init; }

    /// <summary>Why it is not scheduled at all, one sentence, or null.</summary>
    public string? Problem { get; init; }

    public SyncSetback Setback
    {
        get => _setback;
        set => _setback = value == SyncSetback.None ? SyncSetback.None : value;
    }

    /// <summary>All that the timetable may hold of it.</summary>
    public IEnumerable<SyncDue> Dues => Enumerable.Range(SyncDue.Retry, Zones.Count + 1).Select(zone => new SyncDue(this, zone));

    /// <summary>A run of the sync that is wanted.</summary>
    public RunRequest Request(string trigger) => new(Tenant, Driver, Key, trigger);

    /// <summary>Whether a connection of that condition has its schedules waited for; one that is paused or frozen has, and its runs are passed over.</summary>
    public static bool IsScheduled(Connection connection) => IsWell(connection) || connection.Status == ConnectionStatus.Paused;

    /// <summary>Whether a connection of that condition syncs now.</summary>
    public static bool MayRun(Connection connection) => !connection.IsFrozen && IsWell(connection);

    private static bool IsWell(Connection connection)
        => connection.Status is ConnectionStatus.Ok or ConnectionStatus.Refreshing or ConnectionStatus.NeedsAttention;
}
